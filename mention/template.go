package mention

// Template is an answer to start from, filled for one task.
type Template struct {
	Name  string `json:"name"`  // stable, for links and controls
	Title string `json:"title"` // what people choose by
	Text  string `json:"text"`
}
