package ui

import (
	"context"
	"testing"
	"time"
)

// Run by TestWithoutDisplayUnderWine, where nobody sees a dialog.
func TestNoDesktopIsNoConsentAndNoWaiting(t *testing.T) {
	begin := time.Now()
	d := NewDesktop()
	if got := d.Choose(context.Background(), AskLicence("T", "text")); got != Unanswered {
		t.Errorf("licence: %v", got)
	}
	if got := d.Choose(context.Background(), AskRestart("T", time.Hour)); got != Unanswered {
		t.Errorf("restart: %v", got)
	}
	d.Tell("T", Failure, "text")
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("waited %v", took)
	}
}
