package winhost

// Native is where the operating system of this process finds a directory of the machine: where it is.
func (h *Host) Native(path string) (string, error) { return path, nil }
