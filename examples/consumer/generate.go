package payouts

//go:generate go tool -modfile=tools.mod partner generate
