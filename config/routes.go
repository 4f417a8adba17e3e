package config

import (
	"otklik/alerts"
	"otklik/feedback"
)

// proveRoutes returns a mistake for each rule that no mention of the
// configured sources can reach.
func (c *Config) proveRoutes() []error {
	router, err := alerts.NewRouter(c.Alerts.Routes, c.Kinds())
	if err != nil {
		return []error{err}
	}
	watched := alerts.Watched{}
	for _, b := range c.Brands {
		for _, s := range b.Sources {
			watched[b.Name] = append(watched[b.Name], s.Site)
		}
		watched[b.Name] = append(watched[b.Name], feedback.Kinds()...)
	}
	return router.Prove(watched)
}

// Kinds gives the kind of each site for routing rules.
func (c *Config) Kinds() map[string]string {
	kinds := map[string]string{}
	for _, s := range c.Catalogue.Sites() {
		kinds[s.Name] = s.Kind
	}
	for _, kind := range feedback.Kinds() {
		kinds[kind] = "feedback"
	}
	return kinds
}
