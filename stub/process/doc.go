// Package process starts programs with exactly the standard handles and inherited handles they are given (Windows).
package process
