package document

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// Lengths are in points, a 72nd of an inch, on paper of US letter size: 612 by 792.
const (
	margin = 36
	inner  = 612 - 2*margin
	bottom = 792 - 60
	row    = 13
	// The smallest letters are those of tables: the largest amount is narrower than 96 points in them.
	smallSize, textSize, titleSize = 7.5, 9, 14
	addressLines                   = 6
)

const (
	sandboxNotice   = "SANDBOX \u2013 NOT A DOCUMENT OF A BANK"
	sandboxSentence = "Made by a sandbox, for tests. No bank or broker issued this, and no money is behind it."
	// pageCount stands for the number of pages until it is known. Texts have no control characters, so none can contain
	// it.
	pageCount = "\x01"
)

// pages writes a PDF from top to bottom. It leaves it uncompressed: what compress/flate makes may change with Go's
// version, and a test finds its texts without a PDF reader.
type pages struct {
	pdf           *fpdf.Fpdf
	title, notice string
}

// newPages starts a PDF. Its creation time is day, since now would make each one another.
func newPages(title, notice string, day time.Time) *pages {
	pdf := fpdf.New("P", "pt", "Letter", "")
	p := &pages{pdf: pdf, title: title, notice: notice}
	pdf.SetCompression(false)
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Partner API sandbox", false)
	pdf.SetTitle(title, false)
	pdf.SetCreationDate(day.UTC())
	pdf.SetModificationDate(day.UTC())
	pdf.SetMargins(margin, margin, margin)
	pdf.SetCellMargin(2)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AliasNbPages(pageCount)
	pdf.SetHeaderFunc(p.header)
	pdf.SetFooterFunc(p.footer)
	pdf.AddPage()
	return p
}

func (p *pages) header() {
	p.font("B", textSize)
	p.pdf.SetFillColor(255, 221, 87)
	p.pdf.CellFormat(inner, 18, latin(p.notice), "", 1, "C", true, 0, "")
	p.pdf.Ln(6)
	title := p.title
	if p.pdf.PageNo() > 1 {
		title += " (continued)"
	}
	p.font("B", titleSize)
	p.cell(inner, 20, title, "L")
	p.pdf.Ln(26)
}

func (p *pages) footer() {
	p.pdf.SetY(bottom + 12)
	p.font("", smallSize)
	p.cell(inner-80, row, sandboxSentence, "L")
	p.pdf.CellFormat(80, row, fmt.Sprintf("Page %d of %s", p.pdf.PageNo(), pageCount), "", 1, "L", false, 0, "")
}

func (p *pages) font(style string, size float64) { p.pdf.SetFont("Helvetica", style, size) }

// cell writes a text that is cut to the width, and stays on the line.
func (p *pages) cell(width, height float64, text, align string) {
	p.pdf.CellFormat(width, height, p.fit(latin(text), width-4), "", 0, align, false, 0, "")
}

// fit cuts a text of the fonts' code page to a width.
func (p *pages) fit(text string, width float64) string {
	if p.pdf.GetStringWidth(text) <= width {
		return text
	}
	width -= p.pdf.GetStringWidth("...")
	for i := range len(text) {
		width -= p.pdf.GetStringWidth(text[i : i+1])
		if width < 0 {
			return text[:i] + "..."
		}
	}
	return text
}

// room makes sure that so many points are left, on a new page if need be. It says whether there is a new one.
func (p *pages) room(height float64) bool {
	if p.pdf.GetY()+height <= bottom {
		return false
	}
	p.pdf.AddPage()
	return true
}

// heading writes the name of a part, which never stands alone at the end of a page.
func (p *pages) heading(text string) {
	p.room(5 * row)
	p.pdf.Ln(row / 2)
	p.font("B", textSize+1)
	p.cell(inner, row+3, text, "L")
	p.pdf.Ln(row + 5)
}

// parties writes whom and what the document is about, as the head of the first page.
func (p *pages) parties(holder Holder, pocket Pocket, rest ...pair) {
	p.font("", textSize)
	for _, line := range append([]string{holder.Name}, holder.Address[:min(len(holder.Address), addressLines)]...) {
		p.cell(inner, row, line, "L")
		p.pdf.Ln(row)
	}
	p.pdf.Ln(row / 2)
	p.facts(append([]pair{
		{"Customer", holder.CustomerID}, {"Pocket", pocket.Name}, {"Pocket id", pocket.ID},
		{"Account number", masked(pocket.AccountNumber)},
	}, rest...))
}

// A pair is a name and what it stands for.
type pair struct{ name, value string }

// facts writes pairs below each other.
func (p *pages) facts(all []pair) {
	p.font("", textSize)
	for _, fact := range all {
		p.room(row)
		p.cell(150, row, fact.name, "L")
		p.cell(inner-150, row, fact.value, "L")
		p.pdf.Ln(row)
	}
}

// A column is one of a table.
type column struct {
	head  string
	width float64
	align string
}

// table writes rows under their heads, which each further page repeats. No rows are written as none.
func (p *pages) table(columns []column, rows int, cells func(i int) []string) {
	heads := func() {
		p.font("B", smallSize)
		for _, c := range columns {
			p.cell(c.width, row, c.head, c.align)
		}
		p.pdf.Ln(row)
		p.pdf.Line(margin, p.pdf.GetY(), margin+inner, p.pdf.GetY())
		p.font("", smallSize)
	}
	p.room(2 * row)
	heads()
	for i := range rows {
		if p.room(row) {
			heads()
		}
		for j, text := range cells(i) {
			p.cell(columns[j].width, row, text, columns[j].align)
		}
		p.pdf.Ln(row)
	}
	if rows == 0 {
		p.cell(inner, row, "None", "L")
		p.pdf.Ln(row)
	}
}

func (p *pages) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("document: making a PDF: %w", err)
	}
	return b.Bytes(), nil
}
