package host

// RestorePoints is what a host implements besides Host if the machine can take system restore points.
type RestorePoints interface {
	// SetRestorePoint begins a change of the system that is described by text, of which the first 255 UTF-16 units count. end
	// must be called once it is over: with false the point is taken back. ErrUnsupported where the machine takes none:
	// System Restore is turned off or not there.
	SetRestorePoint(text string) (end func(ok bool), err error)
}
