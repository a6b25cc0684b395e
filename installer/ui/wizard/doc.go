// Package wizard is the ui.UI of attended installation and removal, and the progress window of /passive.
//
// The pages (order after WP "Attended Mode"): welcome, licence, where to keep replaced files (service packs), progress,
// completion. The engine decides: a page appears when the engine asks its question (ui.Welcome, ui.Licence,
// ui.Archive), progress when it begins to change the machine, completion when it asks for the restart or has a last
// message. Back and Next among pages that were answered are the wizard's own business. Other questions appear as dialogs
// over the wizard.
//
// model.go is the whole behaviour, without a window; pages.go lays the pages out; frame_windows.go is the window. On
// other systems there is no window, and New says so.
package wizard
