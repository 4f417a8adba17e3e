package mention

// Frame is what a page shows around its own matter, made by the inbox for
// pages of other parts that stand in it.
type Frame struct {
	Lang  string // ru or en
	Theme string // light, dark, or auto when empty
	Menu  []MenuItem
}

// MenuItem leads to one part of the inbox.
type MenuItem struct {
	Title string
	Path  string
	Part  string // its name, by which a page knows itself
}
