//go:build !unix

package winekit

import "errors"

func lock(string) (func(), error) {
	return nil, errors.New("winekit runs where Wine runs")
}
