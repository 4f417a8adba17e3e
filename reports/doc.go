// Package reports counts what was said and how it was answered, once, and
// shows the same figures as a page, a spreadsheet, CSV, JSON, a digest for a
// channel and an alert about a spike of complaints.
//
// It stores nothing but the notices of its digests and spikes, and reads the
// archive through Archive and Present. It assumes that days are those of the
// installation's zone. It refuses to call silence good news: every form says
// which sources were not seen. It knows no SQL, no Slack and no configuration
// file beyond its own Config.
package reports
