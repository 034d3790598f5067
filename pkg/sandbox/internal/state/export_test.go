package state

// Scheduled is how many items the queue has, also those that are ignored.
func (db *Database) Scheduled() int { return len(db.due.items) }
