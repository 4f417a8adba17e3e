package main

import (
	"context"
	"fmt"

	"otklik/config"
)

type checkCmd struct {
	Config string `help:"Configuration file." default:"otklik.yaml" type:"path"`
	Reach  bool   `help:"Also try every source, channel and server once; nothing is archived or sent."`
}

// Run checks the configuration and says what it watches.
func (c checkCmd) Run(ctx context.Context, con console) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return configError(err)
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(con.err, "note:", w)
	}
	sources := 0
	for _, b := range cfg.Brands {
		sources += len(b.Sources)
	}
	if _, err := fmt.Fprintf(con.out, "%s: %d brands, %d sources, %d channels, %d rules: no mistakes\n",
		c.Config, len(cfg.Brands), sources, len(cfg.Alerts.Channels), len(cfg.Alerts.Routes)); err != nil || !c.Reach {
		return err
	}
	return reach(ctx, con, cfg, outside{})
}
