package shoutrrr

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/googlechat"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/lark"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/matrix"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/rocketchat"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/signal"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/teams"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/wecom"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/zulip"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/incident/opsgenie"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/incident/pagerduty"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/bark"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/gotify"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ifttt"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/join"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/pushbullet"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/pushover"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/specialized/notifiarr"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// services are those for which we have no sender of our own. The library's
// router is not used, because it links the others as well.
func services() map[string]func() types.Service {
	return map[string]func() types.Service{
		"bark":       func() types.Service { return &bark.Service{} },
		"discord":    func() types.Service { return &discord.Service{} },
		"googlechat": func() types.Service { return &googlechat.Service{} },
		"gotify":     func() types.Service { return &gotify.Service{} },
		"ifttt":      func() types.Service { return &ifttt.Service{} },
		"join":       func() types.Service { return &join.Service{} },
		"lark":       func() types.Service { return &lark.Service{} },
		"matrix":     func() types.Service { return &matrix.Service{} },
		"notifiarr":  func() types.Service { return &notifiarr.Service{} },
		"ntfy":       func() types.Service { return &ntfy.Service{} },
		"opsgenie":   func() types.Service { return &opsgenie.Service{} },
		"pagerduty":  func() types.Service { return &pagerduty.Service{} },
		"pushbullet": func() types.Service { return &pushbullet.Service{} },
		"pushover":   func() types.Service { return &pushover.Service{} },
		"rocketchat": func() types.Service { return &rocketchat.Service{} },
		"signal":     func() types.Service { return &signal.Service{} },
		"teams":      func() types.Service { return &teams.Service{} },
		"wecom":      func() types.Service { return &wecom.Service{} },
		"zulip":      func() types.Service { return &zulip.Service{} },
	}
}

// ours are services with a channel of their own, which does more.
func ours() []string { return []string{"mattermost", "slack", "smtp", "telegram"} }

// open returns the service of an address, ready to send. Errors never repeat
// the address: it is a secret as a whole.
func open(address *url.URL) (s types.Service, err error) {
	defer func() {
		if r := recover(); r != nil { // some of its parsers index what may be missing
			s, err = nil, fmt.Errorf("the address of %s is incomplete", address.Scheme)
		}
	}()
	if slices.Contains(ours(), address.Scheme) {
		own := strings.Replace(address.Scheme, "smtp", "email", 1)
		return nil, fmt.Errorf("%s has a channel of its own: use channels.NAME.%s", address.Scheme, own)
	}
	build, known := services()[address.Scheme]
	if !known {
		return nil, fmt.Errorf("there is no service %q; there are %s", address.Scheme, strings.Join(slices.Sorted(maps.Keys(services())), ", "))
	}
	if err := logsIn(address); err != nil {
		return nil, err
	}
	given := *address // some parsers change what they are given
	s = build()
	if err := s.Initialize(&given, nil); err != nil {
		return nil, fmt.Errorf("the address of %s is not understood: %s", address.Scheme, hide(address, err.Error()))
	}
	return s, nil
}

// logsIn refuses an address for which the library would go to the service, with
// the password, as soon as the address is read: with every check of the
// configuration and once more with every message.
func logsIn(address *url.URL) error {
	if address.Scheme == matrix.Scheme && address.User.Username() != "" {
		return errors.New("matrix takes an access token, no user and password: write matrix://:TOKEN@host/?rooms=ROOM")
	}
	return nil
}

// noPause is a wait that ends at once: we pause between tries, not the library.
type noPause struct{}

// Sleep implements discord.Sleeper.
func (noPause) Sleep(time.Duration) {}

// watch lets s reach its service through client, and reports whether s can be
// made to. Those that cannot bring a client of their own or use the program's.
func watch(s types.Service, client *http.Client) bool {
	switch s := s.(type) {
	case *ntfy.Service:
		s.SetHTTPClient(client)
	case *pagerduty.Service:
		s.SetHTTPClient(client)
	case *gotify.Service:
		s.GetHTTPClient().Transport = client.Transport
	case *pushover.Service:
		s.Client = client
	case *rocketchat.Service:
		s.Client = client
	case *discord.Service:
		s.HTTPClient, s.Sleeper = client, noPause{}
	default:
		return false
	}
	return true
}

// Check returns what is wrong with the address of a service, without telling it.
func Check(address string) error {
	parsed, err := parse(address)
	if err != nil {
		return err
	}
	_, err = open(parsed)
	return err
}

func parse(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme == "" {
		return nil, errors.New("write an address such as ntfy://ntfy.sh/topic or discord://token@webhook")
	}
	return u, nil
}
