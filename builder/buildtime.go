package builder

import (
	"fmt"
	"strconv"
	"time"
)

// EnvSourceDateEpoch is the environment variable of reproducible-builds.org.
const EnvSourceDateEpoch = "SOURCE_DATE_EPOCH"

// BuildTime is the time a build takes for now where the manifest names none: SOURCE_DATE_EPOCH (seconds since 1970) if it
// is set, else now. It is the only reader of that variable; one that is set and no number is an error.
func BuildTime(lookup func(string) (string, bool), now time.Time) (time.Time, error) {
	text, ok := lookup(EnvSourceDateEpoch)
	if !ok || text == "" {
		return now.UTC().Truncate(time.Second), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, fmt.Errorf("%s is %q; it must be a number of seconds since 1970, or not set", EnvSourceDateEpoch, text)
	}
	return time.Unix(n, 0).UTC(), nil
}
