package calendar

var (
	NewFederalReserve = newFederalReserve
	NewTreasury       = newTreasury
)
