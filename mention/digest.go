package mention

// Digest is a message made of sections: a daily summary, a storm, a spike.
type Digest struct {
	Title    string
	Sections []Section
	URL      string // where the whole is to be read, empty when nowhere
}

// Section is a titled list of lines of plain text.
type Section struct {
	Title string
	Lines []Line
}

// Line is one entry of a section, with a link where there is one.
type Line struct {
	Text string
	URL  string
}
