package contracttest

import (
	"context"
	"fmt"
	"slices"
)

const (
	// theCursor is the variable that has where a list goes on.
	theCursor = "next_cursor"
	// mostPages bounds how much of a list is read.
	mostPages = 12
)

// readAll reads a list page by page, as far as the bound.
func (r *run) readAll(ctx context.Context, t *trace, s step) error {
	pages := operationByID(s.Operation).asks("cursor")
	if pages {
		s.Keep = map[string]string{theCursor: optional + "/next_page"}
	}
	if err := r.more(ctx, t, s); err != nil {
		return err
	}
	first := s.Query
	for n := 1; pages && n < mostPages && t.vars[theCursor] != ""; n++ {
		s.Query = append(slices.Clone(first), pair{"cursor", "${" + theCursor + "}"})
		if err := r.more(ctx, t, s); err != nil {
			return err
		}
	}
	return nil
}

// pageWith is the call of the page of a list that has a thing: of the first one, if none that is read has it. Lists of
// servers that are in use have many pages, and what is new can be on the last one. The pages before it are read as
// further steps of a trace; name tells their cursors from those of other lists.
func (r *run) pageWith(ctx context.Context, t *trace, list step, ids, id, name string) (step, error) {
	if !operationByID(list.Operation).asks("cursor") {
		return list, nil
	}
	id = t.vars.fill(id, asIs)
	has := func(e *exchange) bool { return elementOf(e.value, ids, id) != nil }
	page, err := r.pageOf(ctx, t, list, name, has)
	if err == nil && !has(t.last()) {
		page = list
	}
	return page, err
}

// pageOf is the call of the first page of a list for which isIt holds, or else of the last one, as far as the bound.
func (r *run) pageOf(ctx context.Context, t *trace, list step, name string, isIt func(*exchange) bool) (step, error) {
	page := list
	for n := 1; ; n++ {
		cursor := fmt.Sprintf("%s_cursor_%d", name, n)
		read := page
		read.Keep = map[string]string{cursor: optional + "/next_page"}
		if err := r.more(ctx, t, read); err != nil {
			return list, err
		}
		if e := t.last(); !succeeded(e) || isIt(e) || !e.hasNext() || n == mostPages {
			return page, nil
		}
		page = list
		page.Query = append(slices.Clone(list.Query), pair{"cursor", "${" + cursor + "}"})
	}
}

// listed are the pages of a list which ends at a step, and whether they are the whole list.
func (t *trace) listed(at int) (pages []*exchange, isWhole bool) {
	last := t.of(at)
	if last == nil || !last.isSuccess() || last.value == nil {
		return nil, false
	}
	plain := pathOf(last.sent.Target)
	for i := at; i >= 0; i-- {
		e := t.of(i)
		if e == nil || e.step.Operation != last.step.Operation || pathOf(e.sent.Target) != plain {
			continue
		}
		if !e.isSuccess() || e.value == nil {
			return nil, false
		}
		pages = append(pages, e)
		if !slices.ContainsFunc(e.step.Query, func(p pair) bool { return p.Name == "cursor" }) {
			slices.Reverse(pages)
			return pages, !last.hasNext()
		}
	}
	return pages, false
}

// hasNext reports whether a page of a list is not the last one.
func (e *exchange) hasNext() bool {
	if e == nil {
		return false
	}
	next, _ := member(e.value, "next_page").(string)
	return next != ""
}
