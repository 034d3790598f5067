// Package sqlitestore keeps the records of a sandbox in a file, which is an SQLite database:
//
//	store, err := sqlitestore.Open("bank.db")
//	if err != nil {
//		return err
//	}
//	bank, err := sandbox.New(sandbox.Config{Store: store})
//	if err != nil {
//		return err // The store is closed.
//	}
//	defer bank.Close() // It closes the store.
//
// What Commit wrote lasts, even if the machine loses power right after, as far as its disk keeps what it says it has.
// While the store is open there may be a file with the same name and "-wal" beside it, which belongs to it: whoever
// copies the one without the other copies part of the records. Close leaves a single file. So does the next Open and
// Close, if the process was killed before its own.
//
// When the disk is full, Commit has written nothing, and the next one works when there is room. Whatever else fails, be
// it the disk itself, a quota that is used up or a limit on the size of files, SQLite does not tell apart, and part of
// what was to be written may be in the log. So from then on Commit refuses everything, even when there is room again,
// until the file is closed and opened: that reads from the log whether the last Commit took effect, all of it or none.
//
// As long as the file or its log is not where it was opened, since somebody has moved, removed or replaced it, Commit
// writes nothing: nobody would find it. What was acknowledged before is where the file is now, and in the log.
//
// One process at a time has the file. Another one, or a second [Open] in the same, is told [ErrInUse] at once. The lock
// goes with the process, however it ends. The file should be on a local disk; network file systems lock in ways of
// their own.
//
// A file that does not exist, or is empty, becomes a new one, which its owner alone may read and write. A file that
// exists keeps its permissions, and what is made beside it has the same: who may read it is for its owner to decide.
//
// Nothing is written to a file before [Store.Load] has read every record in it and found it whole. A file that is
// damaged, or is not a sandbox's at all, or was made by a newer version of this package, is refused and left as it is,
// to the last byte. So is one whose log is damaged, if commits follow the damage. What a checksum cannot tell: damage
// to the last commit in the log looks as if a crash had cut it short, and the commit is missing as if it had never
// been; so are the last two if the damage is where they meet. Of a log that was cut off, or removed, nothing shows what
// is missing.
//
// # Format
//
// The file has the application_id 0x6a73626b ("jsbk"), its user_version is 1, and it has one table:
//
//	CREATE TABLE record (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT
//
// sum is the CRC-32C of the seq (8 bytes, big-endian), the kind, a zero byte and the data.
package sqlitestore
