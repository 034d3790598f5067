package partnertest_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/jiko-partner/partner-go/pkg/partner"
	"github.com/jiko-partner/partner-go/pkg/partner/partnertest"
)

// failures is a test that keeps what fails it.
type failures struct {
	testing.TB
	mu   sync.Mutex
	text []string
}

func (*failures) Helper() {}

func (f *failures) Errorf(format string, values ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = append(f.text, fmt.Sprintf(format, values...))
}

// take returns the failures and forgets them.
func (f *failures) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.text = nil }()
	return f.text
}

// eachMethod calls look with every method of every service of the client, by the name Service.Method, and with the fake
// that the service should be.
func eachMethod(t *testing.T, client *partner.Client, fakes *partnertest.Fakes,
	look func(name string, method, function reflect.Value)) {
	t.Helper()
	services, all := reflect.ValueOf(client.Services), reflect.ValueOf(fakes).Elem()
	if services.NumField() != all.NumField() {
		t.Errorf("%d services, %d fakes", services.NumField(), all.NumField())
	}
	methods := 0
	for i := range services.NumField() {
		service, field := services.Field(i), services.Type().Field(i)
		fake := all.FieldByName(field.Name)
		if service.IsNil() || !fake.IsValid() || service.Elem().Pointer() != fake.Addr().Pointer() {
			t.Errorf("%s is not faked by the field of its name", field.Name)
			continue
		}
		for j := range field.Type.NumMethod() {
			methods++
			name := field.Type.Method(j).Name
			function := fake.FieldByName(name + "Func")
			if !function.IsValid() {
				t.Errorf("%s.%s has no function", field.Name, name)
				continue
			}
			look(field.Name+"."+name, service.Method(j), function)
		}
		if functions := fake.NumField() - 1; functions != field.Type.NumMethod() {
			t.Errorf("%s has %d functions for %d methods", field.Name, functions, field.Type.NumMethod())
		}
	}
	if methods < 99 {
		t.Errorf("looked at %d methods only", methods)
	}
}

// call calls a variadic method without options and returns its results; an iterator is walked, to the last error.
func call(method reflect.Value, arguments []reflect.Value) (results []reflect.Value, err error) {
	results = method.Call(arguments)
	last := results[len(results)-1]
	if last.Kind() == reflect.Func {
		for _, e := range last.Seq2() {
			last = e
		}
	}
	err, _ = last.Interface().(error)
	return results, err
}

// zeros returns a zero value for each parameter but the options.
func zeros(method reflect.Type) []reflect.Value {
	var all []reflect.Value
	for i := range method.NumIn() - 1 {
		all = append(all, reflect.Zero(method.In(i)))
	}
	return all
}

func TestAMethodThatIsNotSetFailsTheTestByItsName(t *testing.T) {
	t.Parallel()
	seen := &failures{}
	client, fakes := partnertest.New(seen)
	eachMethod(t, client, fakes, func(name string, method, _ reflect.Value) {
		_, err := call(method, zeros(method.Type()))
		if !errors.Is(err, partnertest.ErrUnset) || !strings.HasSuffix(err.Error(), " "+name) {
			t.Errorf("%s returns %v", name, err)
		}
		if got, want := seen.take(), []string{"partnertest: " + name + " was called and is not set"}; !slices.Equal(got,
			want) {
			t.Errorf("failures %q, want %q", got, want)
		}
	})
}

func TestAMethodThatIsSetIsCalledWithItsArguments(t *testing.T) {
	t.Parallel()
	client, fakes := partnertest.New(t)
	eachMethod(t, client, fakes, func(name string, method, function reflect.Value) {
		var got []reflect.Value
		function.Set(reflect.MakeFunc(function.Type(), func(arguments []reflect.Value) []reflect.Value {
			got = arguments
			var results []reflect.Value
			for i := range function.Type().NumOut() {
				results = append(results, distinct(function.Type().Out(i)))
			}
			return results
		}))
		var arguments []reflect.Value
		for i := range method.Type().NumIn() - 1 {
			arguments = append(arguments, distinct(method.Type().In(i)))
		}
		results := method.Call(append(slices.Clone(arguments), reflect.ValueOf(partner.WithMaxRetries(0))))
		if len(got) != len(arguments)+1 || got[len(got)-1].Len() != 1 {
			t.Fatalf("%s was called with %d arguments, want %d and an option", name, len(got), len(arguments))
		}
		for i := range arguments {
			if !reflect.DeepEqual(got[i].Interface(), arguments[i].Interface()) {
				t.Errorf("%s: argument %d is %v, want %v", name, i, got[i], arguments[i])
			}
		}
		if last := results[len(results)-1]; last.IsNil() || len(results) == 2 && results[0].IsNil() {
			t.Errorf("%s lost a result", name)
		}
	})
}

// distinct returns a value of a type that is not its zero value, where that matters.
func distinct(of reflect.Type) reflect.Value {
	switch {
	case of == reflect.TypeFor[error]():
		return reflect.ValueOf(errors.New("distinct"))
	case of == reflect.TypeFor[context.Context]():
		return reflect.ValueOf(context.WithValue(context.Background(), partnertest.ErrUnset, of))
	case of == reflect.TypeFor[uuid.UUID]():
		return reflect.ValueOf(uuid.New())
	case of.Kind() == reflect.Pointer:
		return reflect.New(of.Elem())
	case of.Kind() == reflect.Slice:
		return reflect.MakeSlice(of, 1, 1)
	case of.Kind() == reflect.String:
		return reflect.ValueOf("distinct").Convert(of)
	case of.Kind() == reflect.Interface: // A file.
		return reflect.ValueOf(strings.NewReader("distinct"))
	case of.Kind() == reflect.Func: // An iterator.
		return reflect.MakeFunc(of, func([]reflect.Value) []reflect.Value { return nil })
	}
	return reflect.Zero(of)
}

func TestAFakeOfOneServiceNeedsNoClient(t *testing.T) {
	t.Parallel()
	seen := &failures{}
	var service partner.HealthService = &partnertest.Health{T: seen}
	if _, err := service.Get(t.Context()); !errors.Is(err, partnertest.ErrUnset) || len(seen.take()) != 1 {
		t.Errorf("error %v", err)
	}
	service = new(partnertest.Health)
	if _, err := service.Get(t.Context()); !errors.Is(err, partnertest.ErrUnset) {
		t.Errorf("without a test: error %v", err)
	}
}

func TestClosingAClientOfFakesDoesNothing(t *testing.T) {
	t.Parallel()
	client, _ := partnertest.New(t)
	client.Close()
	client.Close()
}

func TestAFakeMayBeCalledFromAnyGoroutine(t *testing.T) {
	t.Parallel()
	seen := &failures{}
	client, fakes := partnertest.New(seen)
	fakes.OnUsTransfers.CreateFunc = func(context.Context, partner.CreateOnUsTransferRequest,
		...partner.CallOption) (*partner.OnUsTransfer, error) {
		return new(partner.OnUsTransfer), nil
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := client.OnUsTransfers.Create(t.Context(), partner.CreateOnUsTransferRequest{}); err != nil {
				t.Error(err)
			}
			// What is not set returns, so that the goroutine goes on to tell whoever waits for it.
			if _, err := client.OnUsTransfers.Get(t.Context(), uuid.New()); !errors.Is(err, partnertest.ErrUnset) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := seen.take(); len(got) != 50 {
		t.Errorf("%d failures", len(got))
	}
}

func TestAllWalksThePagesOfList(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, c := range []struct {
		name  string
		pages map[string]partner.ACHOriginationPage
		start string
		// limit is how many items are taken, 0 all of them.
		limit int
		want  int
		err   error
	}{
		{name: "one page", pages: map[string]partner.ACHOriginationPage{"": page(2, nil)}, want: 2},
		{name: "three pages", pages: map[string]partner.ACHOriginationPage{"": page(2, "b"), "b": page(0, "c"),
			"c": page(1, "")}, want: 3},
		{name: "from the caller's cursor", pages: map[string]partner.ACHOriginationPage{"b": page(2, "c"),
			"c": page(1, nil)}, start: "b", want: 3},
		{name: "an error ends it", pages: map[string]partner.ACHOriginationPage{"": page(2, "b")}, want: 2,
			err: broken},
		{name: "a page that leads back ends it", pages: map[string]partner.ACHOriginationPage{"": page(1, "b"),
			"b": page(1, "b")}, want: 2, err: partner.ErrCursorRepeated},
		{name: "a loop that breaks fetches no more", pages: map[string]partner.ACHOriginationPage{"": page(2, "b")},
			limit: 2, want: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, fakes := partnertest.New(t)
			fakes.ACH.ListFunc = func(_ context.Context, _ partner.AccountID, params *partner.ListACHOriginationsParams,
				_ ...partner.CallOption) (*partner.ACHOriginationPage, error) {
				cursor := ""
				if params.Cursor != nil {
					cursor = *params.Cursor
				}
				if found, ok := c.pages[cursor]; ok {
					return &found, nil
				}
				return nil, broken
			}
			var params *partner.ListACHOriginationsParams
			if c.start != "" {
				params = &partner.ListACHOriginationsParams{Cursor: &c.start}
			}
			got, failure := 0, error(nil)
			for _, err := range client.ACH.All(t.Context(), uuid.New(), params) {
				if err != nil {
					failure = err
					continue
				}
				if got++; got == c.limit {
					break
				}
			}
			if got != c.want || !errors.Is(failure, c.err) {
				t.Errorf("%d items and %v, want %d and %v", got, failure, c.want, c.err)
			}
			if params != nil && *params.Cursor != c.start {
				t.Errorf("the caller's cursor became %s", *params.Cursor)
			}
		})
	}
}

func page(items int, next any) partner.ACHOriginationPage {
	p := partner.ACHOriginationPage{Items: make([]partner.ACHOrigination, items),
		NextPage: nullable.NewNullNullable[string]()}
	if cursor, ok := next.(string); ok {
		p.NextPage = nullable.NewNullableWithValue(cursor)
	}
	return p
}

func TestAllWalksTheOffsetsOfList(t *testing.T) {
	t.Parallel()
	client, fakes := partnertest.New(t)
	var offsets []int
	fakes.Accounts.ListForCustomerFunc = func(_ context.Context, _ partner.CustomerID,
		params *partner.ListCustomerAccountsParams, _ ...partner.CallOption) (*partner.AccountList, error) {
		offset := 0
		if params.Offset != nil {
			offset = *params.Offset
		}
		offsets = append(offsets, offset)
		return &partner.AccountList{Count: 5, Items: make([]partner.Account, min(2, 5-offset))}, nil
	}
	got := 0
	for _, err := range client.Accounts.AllForCustomer(t.Context(), uuid.New(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != 5 || !slices.Equal(offsets, []int{0, 2, 4}) {
		t.Errorf("%d items at the offsets %v", got, offsets)
	}
}
