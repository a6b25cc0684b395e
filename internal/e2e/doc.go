// Package e2e tests the product as its users meet it: kbforge, as a program, builds packages; Windows programs install and
// remove them on machines of package winekit; other people's tools open and verify them. It has tests only.
package e2e
