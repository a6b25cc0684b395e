// Package imports holds the rules of docs/architecture.md, "Who may import whom", as a test.
package imports
