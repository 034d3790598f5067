package api

import (
	"context"

	"github.com/jiko-partner/partner-go/gen/partnerapi"
	"github.com/jiko-partner/partner-go/gen/partnerserver"
	"github.com/jiko-partner/partner-go/pkg/sandbox/internal/bank"
)

// CreateReportRequest begins a report.
func (s *Server) CreateReportRequest(ctx context.Context, in partnerserver.CreateReportRequestInput) (
	partnerserver.CreateReportRequestOutput, error) {
	r, err := from(ctx).CreateReport(bank.ReportOrder{Type: bank.ReportType(in.Body.Type), Pockets: in.Body.PocketIDs,
		Formats: in.Body.OutputFormats, From: civilDay(in.Body.DateFrom), To: civilDay(in.Body.DateTo)})
	if err != nil {
		return nil, err
	}
	return partnerserver.CreateReportRequestCreated{Body: showReport(r)}, nil
}

// ListReportRequests shows the reports that were asked for.
func (s *Server) ListReportRequests(ctx context.Context, in partnerserver.ListReportRequestsInput) (
	partnerserver.ListReportRequestsOutput, error) {
	page, err := from(ctx).Reports(query(in.Params.Cursor, in.Params.Limit, nil))
	if err != nil {
		return nil, err
	}
	shown := partnerapi.ReportRequestPage{Items: []partnerapi.ReportRequest{}, PrevPage: cursor(page.Prev),
		NextPage: cursor(page.Next), ObjectType: ptr("CursorList")}
	for _, r := range page.Items {
		shown.Items = append(shown.Items, showReport(r))
	}
	return partnerserver.ListReportRequestsOK{Body: shown}, nil
}

func showReport(r *bank.Report) partnerapi.ReportRequest {
	return partnerapi.ReportRequest{ID: r.ID, Type: partnerapi.ReportType(r.Type), PocketIDs: r.Pockets,
		OutputFormats: r.Formats, DateFrom: ptr(date(r.From)), DateTo: ptr(date(r.To)), Status: ptr(string(r.Status)),
		TimeCreated: &r.Created}
}
