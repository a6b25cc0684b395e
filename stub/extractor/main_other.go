//go:build !windows

package main

func main() {
	println("the extractor of a package runs on Windows; elsewhere use kbforge extract")
	panic("wrong operating system")
}
