// Package browser has no code but tests, which look at pages of this module in a real browser. It is a module of its
// own so that what drives a browser is not among what users of the others download.
package browser
