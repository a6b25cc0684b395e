package wizard

import "github.com/kbforge/kbforge/installer/ui"

// estimate turns the progress of stages into that of the whole, in thousandths, so that the bar neither jumps nor goes
// back: every stage has its share, a stage that is told late or not at all begins where the bar is, and what is done is
// never more than was promised. Only rolling back runs the other way.
type estimate struct {
	stage      ui.Stage
	begin, end int // the share of the stage
	at_        int
}

// shares are where stages end, in thousandths (OURS; measured: nearly all of the time is the plan's own steps).
func share(s ui.Stage) int {
	switch s {
	case ui.Extracting:
		return 150
	case ui.Inspecting:
		return 200
	case ui.BackingUp:
		return 450
	case ui.Installing, ui.Removing:
		return 950
	case ui.Registering:
		return 980
	case ui.RollingBack:
		return 0
	}
	return 1000
}

// at is the whole's progress when a stage is at done of total. An unknown total (0) leaves the bar at the stage's begin.
func (e *estimate) at(stage ui.Stage, done, total int64) int {
	if stage != e.stage {
		e.stage, e.begin, e.end = stage, e.at_, share(stage)
		if stage != ui.RollingBack {
			e.end = max(e.end, e.begin)
		}
	}
	if total <= 0 {
		return e.at_
	}
	done = min(max(done, 0), total)
	to := e.begin + int(int64(e.end-e.begin)*done/total)
	if stage == ui.RollingBack {
		e.at_ = min(e.at_, to)
	} else {
		e.at_ = max(e.at_, to)
	}
	return e.at_
}
