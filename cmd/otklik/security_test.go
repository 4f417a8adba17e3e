package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"otklik/bench"
	"otklik/config"
	"otklik/crawler"
)

var namedTest = regexp.MustCompile("`([a-z/]+): ((?:Test|Fuzz)[A-Za-z_0-9]+)`")

// TestSecurity_EveryThreatHasItsTest holds docs/security.md to the tree.
func TestSecurity_EveryThreatHasItsTest(t *testing.T) {
	rows := 0
	for line := range strings.Lines(operatorFile(t, "docs/security.md")) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat") {
			continue
		}
		rows++
		named := namedTest.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test stands behind %q", line)
		}
		for _, m := range named {
			if !hasTest(t, m[1], m[2]) {
				t.Errorf("%s has no %s", m[1], m[2])
			}
		}
	}
	if rows < 20 {
		t.Errorf("%d threats, want the whole table", rows)
	}
}

func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

// TestSecurity_YAMLBomb puts a list of lists that doubles nine times over each
// level where the configuration takes any value.
func TestSecurity_YAMLBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("brands: [{name: x, sources: [{site: feed, url: &a [x,x,x,x,x,x,x,x,x]")
	for name := 'b'; name <= 'l'; name++ {
		list := strings.TrimSuffix(strings.Repeat("*"+string(name-1)+",", 9), ",")
		b.WriteString(", " + string(name) + ": &" + string(name) + " [" + list + "]")
	}
	b.WriteString("}]}]\n")
	begun := time.Now()
	if _, err := config.Parse([]byte(b.String()), "otklik.yaml"); err == nil || !strings.Contains(err.Error(), "aliasing") {
		t.Errorf("a bomb is refused as %v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s to refuse it", took)
	}
}

// TestSecurity_RegexpCost has a definition with an expression that takes for
// ever elsewhere, and others that only such machines know.
func TestSecurity_RegexpCost(t *testing.T) {
	const usual = `'review_(\d+)'`
	with := func(expression string) (*crawler.Site, error) {
		return crawler.ParseSite("load.yaml", []byte(strings.ReplaceAll(string(bench.Definition), usual, expression)))
	}
	site, err := with(`'^((a+)+)+$'`)
	if err != nil {
		t.Fatal(err)
	}
	page := `<div class="product-header"></div><div class="item" itemprop="review"><a class="review-title" href="` + strings.Repeat("a", 100_000) + `!">x</a></div>`
	begun := time.Now()
	site.Extract(crawler.Raw{Body: []byte(page)}, crawler.Options{})
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	for _, expression := range []string{`'(a)\1'`, `'(?=a)b'`, `'a++'`, `'a{1,100000}'`} {
		if _, err := with(expression); err == nil {
			t.Errorf("%s is taken", expression)
		}
	}
}

// TestSecurity_HeadersAreOneLine has a source whose parameter, which its
// definition sends in a header, holds another header.
func TestSecurity_HeadersAreOneLine(t *testing.T) {
	var asked []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = append(asked, r) }))
	dir := t.TempDir()
	file := filepath.Join(dir, "otklik.yaml")
	definition := strings.Replace(string(bench.Definition), `start: "http://load.example/reviews/{slug}/?order=date_desc"`,
		`start: {url: "http://load.example/reviews/", headers: {X-Token: "{slug}"}}`, 1)
	write(t, filepath.Join(dir, "sites", "load.yaml"), definition)
	for slug, wantPages := range map[string]int{`p0`: 1, `p0\r\nX-Evil: 1`: 0, `p0\nX-Evil: 1`: 0} {
		asked = nil
		write(t, file, `
brands: [{name: Лавка, sources: [{site: load, slug: "`+slug+`", base: "`+server.URL+`", delay: 1ms}]}]
crawler: {definitions: sites, allow_private: true, jitter: 0s}
`)
		code, out, errs := command(t, "crawl", "--config", file, "--dry-run")
		pages := 0
		for _, r := range asked {
			if r.Header.Get("X-Evil") != "" {
				t.Errorf("%s: the site was sent another header", slug)
			}
			if r.URL.Path != "/robots.txt" {
				pages++
			}
		}
		if pages != wantPages || code == exitDone {
			t.Errorf("%s: exit %d, %d pages were asked for, want %d\n%s%s", slug, code, pages, wantPages, out, errs)
		}
	}
	server.Close()
}

// TestSecurity_SecretsStayInside looks for tokens in everything the daemon
// shows of itself.
func TestSecurity_SecretsStayInside(t *testing.T) {
	dir, tokens := t.TempDir(), []string{"xoxb-1111-leaked", "signing-leaked", "hunter2-leaked", "proxy-leaked", "hook-of-16-leaked"}
	file := filepath.Join(dir, "otklik.yaml")
	write(t, file, `
redis: redis://:hunter2-leaked@127.0.0.1:1/0
listen: 127.0.0.1:0
brands: [{name: Лавка, sources: [{site: feed, url: "https://8.8.8.8/rss", proxies: ["http://user:proxy-leaked@127.0.0.1:1"]}]}]
hooks: [{name: forms, token: hook-of-16-leaked, kind: form}]
channels: {pr: {slack: {channel: "#pr", token: xoxb-1111-leaked, signing_secret: signing-leaked, api_url: "http://127.0.0.1:1/"}}}
routes: [{name: негатив, tone: negative, channel: pr}]
`)
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	log := &journal{}
	a, err := build(t.Context(), cfg, newLog(config.Log{Level: "debug", Format: "text"}, log), outside{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	shown := map[string]string{}
	ask := func(h http.Handler, method, path string, want int) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, strings.NewReader("{"))
		r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:40000"
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		shown[path] = w.Body.String() + strings.Join(w.Header().Values("Location"), "")
	}
	ask(a.handler, http.MethodPost, "/hooks/in/hook-of-16-leaked", http.StatusBadRequest)
	for _, path := range []string{"/metrics", "/readyz", "/healthz", "/sources"} {
		ask(a.handler, http.MethodGet, path, http.StatusOK)
	}
	for _, profile := range []string{"goroutine?debug=2", "heap?debug=1", "allocs?debug=1", "mutex?debug=1"} {
		ask(pprofHandler("127.0.0.1"), http.MethodGet, "/debug/pprof/"+profile, http.StatusOK)
	}
	var tried bytes.Buffer
	if err := reach(t.Context(), console{strings.NewReader(""), &tried, &tried}, cfg, outside{}); err == nil || strings.Count(tried.String(), "out of reach") < 2 {
		t.Errorf("servers that are away are in reach: %v\n%s", err, tried.String())
	}
	shown["check"], shown["log"] = tried.String(), log.String()
	for where, text := range shown {
		for _, token := range tokens {
			if strings.Contains(text, token) {
				t.Errorf("%s shows %s", where, token)
			}
		}
	}
}

// TestSecurity_FilesAreTheOwners looks at everything the daemon writes.
func TestSecurity_FilesAreTheOwners(t *testing.T) {
	a := small(t)
	if err := a.schedule(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err := filepath.WalkDir(a.cfg.Data, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		seen++
		wantPrivate(t, path)
		return nil
	})
	if err != nil || seen < 3 {
		t.Errorf("%d files, %v", seen, err)
	}
}

// wantPrivate fails for a file or a folder that others on the machine can read.
func wantPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%s has mode %s, others on the machine can read it", path, info.Mode())
	}
}

// TestSecurity_UnitIsSandboxed holds what the service may not do.
func TestSecurity_UnitIsSandboxed(t *testing.T) {
	unit := operatorFile(t, "packaging/otklik.service")
	for _, want := range []string{"DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "ProtectSystem=strict", "UMask=0077",
		"MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "ExecReload="} {
		if !strings.Contains(unit, want) {
			t.Errorf("the unit has no %s", want)
		}
	}
	for _, want := range []string{"\nFROM scratch\n", "\nUSER 65532:65532\n", "RUN CGO_ENABLED=0 go build"} {
		if !strings.Contains(operatorFile(t, "Dockerfile"), want) {
			t.Errorf("the image has no %q", want)
		}
	}
	var compose struct {
		Services map[string]struct {
			ReadOnly    bool     `yaml:"read_only"`
			Privileged  bool     `yaml:"privileged"`
			CapDrop     []string `yaml:"cap_drop"`
			CapAdd      []string `yaml:"cap_add"`
			SecurityOpt []string `yaml:"security_opt"`
			Ports       []string `yaml:"ports"`
		}
	}
	if err := yaml.Unmarshal([]byte(operatorFile(t, "compose.yaml")), &compose); err != nil || len(compose.Services) != 3 {
		t.Fatalf("%d services, %v", len(compose.Services), err)
	}
	for name, s := range compose.Services {
		if !s.ReadOnly || s.Privileged || !slices.Contains(s.CapDrop, "ALL") || len(s.CapAdd) > 0 || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may do more than it needs: %+v", name, s)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s is open to other machines at %s", name, port)
			}
		}
	}
}

// TestSecurity_XLSXBomb imports a workbook of a few hundred kilobytes whose
// sheet unpacks to more than any import may.
func TestSecurity_XLSXBomb(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bomb.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for name, text := range map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"xl/workbook.xml":     `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets><sheet name="S" sheetId="1"/></sheets></workbook>`,
	} {
		part, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, text)
	}
	sheet, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range 520 {
		sheet.Write(block)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	_, config := townConfig(t)
	code, out, errs := command(t, "import", "--config", config, "--kind", "survey", path)
	if code != exitUsage || !strings.Contains(errs, "unzip size exceeds") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

var comparedSecret = regexp.MustCompile(`Reveal\(\) *[!=]= *[^" ]|[!=]= *[\w.()]*Reveal\(\)`)

// TestSecurity_ComparesInConstantTime finds where keyed hashes are made, and
// secrets compared. What checks somebody else's has to compare in constant
// time; what only signs is listed here.
func TestSecurity_ComparesInConstantTime(t *testing.T) {
	signs := []string{"alerts/webhook/webhook.go", "cmd/otklik/erase.go", "demo/deliver.go"}
	checked := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if found := comparedSecret.Find(text); found != nil {
			t.Errorf("%s: %s takes longer the more of the secret is right", path, found)
		}
		if err != nil || !strings.Contains(string(text), "hmac.New(") {
			return err
		}
		checked++
		name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
		if !strings.Contains(string(text), "hmac.Equal(") && !slices.Contains(signs, name) {
			t.Errorf("%s makes a keyed hash: does it compare one, and in constant time?", name)
		}
		return nil
	})
	if err != nil || checked < 4 {
		t.Errorf("%d files, %v", checked, err)
	}
}
