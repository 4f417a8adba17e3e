package dedup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"otklik/secret"
)

const (
	// defaultPrefix starts every key, so that a server can be shared.
	defaultPrefix = "otklik"
	// bucketFields is the mean number of fields in a hash. Redis and Valkey
	// keep hashes of up to 512 small fields as a listpack (128 before Redis
	// 7), which is what makes an entry cost 23 bytes instead of over a hundred.
	bucketFields = 100
	// batchKeys bounds one script call, which nobody can interrupt.
	batchKeys = 500
)

// RedisConfig says how Redis is used. The zero value is the default.
type RedisConfig struct {
	// Prefix starts every key; "otklik" when empty.
	Prefix string `yaml:"prefix"`
	// Entries is the number of mentions expected a month; DefaultEntries when
	// zero. More are remembered too, but cost more memory each. Daemons that
	// share a server must agree; after a change the memory starts empty.
	Entries int `yaml:"entries"`
}

func (c RedisConfig) withDefaults() (RedisConfig, error) {
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	if c.Entries == 0 {
		c.Entries = DefaultEntries
	}
	if c.Entries < bucketFields || c.Entries > 100*MaxEntries {
		return c, fmt.Errorf("redis entries %d: use %d to %d", c.Entries, bucketFields, 100*MaxEntries)
	}
	return c, nil
}

// Open returns a client for the server at address, redis://, rediss:// or
// unix://, and asks whether it is there. The error never holds the address,
// which may carry a password. The caller closes the client.
func Open(ctx context.Context, address secret.String) (*redis.Client, error) {
	client, err := NewClient(address)
	if err != nil {
		return nil, err
	}
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("reach redis: %w", err), client.Close())
	}
	return client, nil
}

// NewClient is Open for a server that may be down at start: it checks the
// address only.
func NewClient(address secret.String) (*redis.Client, error) {
	opt, err := redis.ParseURL(address.Reveal())
	if err != nil {
		return nil, errors.New("redis address: use redis://[user:password@]host:port/db, rediss:// or unix://")
	}
	// Servers other than Redis Enterprise answer the handshake with errors.
	opt.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	// A memory that answers late is worth less than the archive's own answer.
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = 2*time.Second, 2*time.Second, 2*time.Second
	opt.MaxRetries, opt.DialerRetries = 1, 1
	opt.ContextTimeoutEnabled = true
	return redis.NewClient(opt), nil
}

// MuteClients stops the Redis library from writing to standard error by
// itself: a failure is returned to its caller, who tells it once. It changes
// the whole process and is called once, before the first client is made.
func MuteClients() { logging.Disable() }

// Redis is a memory shared by all daemons that use one server. It writes into
// the bucket of the current month and reads that of the month before too; what
// is found only there is carried over, the rest goes with its whole bucket. An
// error means that nothing is known; see Fallback.
type Redis struct {
	server  server
	prefix  string
	buckets uint64
	now     func() time.Time
}

// NewRedis returns the memory kept by client, which stays the caller's. It
// does not connect.
func NewRedis(client *redis.Client, cfg RedisConfig) (*Redis, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Redis{server: newServer(client), prefix: cfg.Prefix, buckets: uint64(cfg.Entries / bucketFields), now: time.Now}, nil
}

// checkScript reads looks.
//
//	KEYS: for every mention its bucket of this month, then of the month before
//	ARGV: when this month's buckets expire (Unix seconds), then a field for every mention
//	result: for every mention its 8-byte look, or nil when it is not known
var checkScript = newScript(`
local looks = {}
for i = 1, #KEYS, 2 do
  local field = ARGV[(i + 3) / 2]
  local look = redis.call('HGET', KEYS[i], field)
  if not look then
    look = redis.call('HGET', KEYS[i + 1], field)
    if look then
      redis.call('HSET', KEYS[i], field, look)
      redis.call('EXPIREAT', KEYS[i], ARGV[1])
    end
  end
  looks[#looks + 1] = look
end
return looks`)

// rememberScript stores looks.
//
//	KEYS: for every mention its bucket of this month
//	ARGV: when the buckets expire (Unix seconds), then field and look of every mention
//	result: how many fields were new
var rememberScript = newScript(`
local added = 0
for i = 1, #KEYS do
  added = added + redis.call('HSET', KEYS[i], ARGV[2 * i], ARGV[2 * i + 1])
  redis.call('EXPIREAT', KEYS[i], ARGV[1])
end
return added`)

// forgetScript drops looks.
//
//	KEYS: for every mention its bucket of this month, then of the month before
//	ARGV: a field for every mention
//	result: how many fields there were
var forgetScript = newScript(`
local gone = 0
for i = 1, #KEYS do
  gone = gone + redis.call('HDEL', KEYS[i], ARGV[math.ceil(i / 2)])
end
return gone`)

// Check returns what the server remembers of keys.
func (r *Redis) Check(ctx context.Context, keys []uint64) ([]uint64, []bool, error) {
	looks, known := make([]uint64, len(keys)), make([]bool, len(keys))
	for from := 0; from < len(keys); from += batchKeys {
		to := min(from+batchKeys, len(keys))
		if err := r.checkBatch(ctx, keys[from:to], looks[from:to], known[from:to]); err != nil {
			return make([]uint64, len(keys)), make([]bool, len(keys)), fmt.Errorf("check %d mentions in redis: %w", len(keys), err)
		}
	}
	return looks, known, nil
}

func (r *Redis) checkBatch(ctx context.Context, keys, looks []uint64, known []bool) error {
	now := r.now()
	buckets, args := make([]string, 0, 2*len(keys)), make([]any, 0, len(keys)+1)
	this, before := r.month(now), r.month(monthStart(now).AddDate(0, -1, 0))
	args = append(args, expiry(now))
	for _, k := range keys {
		b := strconv.FormatUint(k%r.buckets, 10)
		buckets = append(buckets, this+b, before+b)
		args = append(args, packed(k))
	}
	found, err := r.server.run(ctx, checkScript, buckets, args...).Slice()
	if err != nil {
		return err
	}
	if len(found) != len(keys) {
		return fmt.Errorf("%d answers for %d keys", len(found), len(keys))
	}
	for i, v := range found {
		// Whatever is not a look, say after another program wrote here, is not known.
		if s, ok := v.(string); ok && len(s) == 8 {
			looks[i], known[i] = binary.BigEndian.Uint64([]byte(s)), true
		}
	}
	return nil
}

// Remember stores looks by keys.
func (r *Redis) Remember(ctx context.Context, keys, looks []uint64) error {
	if err := sameLength(keys, looks); err != nil {
		return err
	}
	for from := 0; from < len(keys); from += batchKeys {
		to := min(from+batchKeys, len(keys))
		if err := r.rememberBatch(ctx, keys[from:to], looks[from:to]); err != nil {
			return fmt.Errorf("remember %d mentions in redis: %w", len(keys), err)
		}
	}
	return nil
}

func (r *Redis) rememberBatch(ctx context.Context, keys, looks []uint64) error {
	now := r.now()
	buckets, args := make([]string, 0, len(keys)), make([]any, 0, 2*len(keys)+1)
	this := r.month(now)
	args = append(args, expiry(now))
	for i, k := range keys {
		buckets = append(buckets, this+strconv.FormatUint(k%r.buckets, 10))
		args = append(args, packed(k), packed(looks[i]))
	}
	return r.server.run(ctx, rememberScript, buckets, args...).Err()
}

// Forget drops keys from both months.
func (r *Redis) Forget(ctx context.Context, keys []uint64) error {
	now := r.now()
	this, before := r.month(now), r.month(monthStart(now).AddDate(0, -1, 0))
	for from := 0; from < len(keys); from += batchKeys {
		batch := keys[from:min(from+batchKeys, len(keys))]
		buckets, fields := make([]string, 0, 2*len(batch)), make([]any, 0, len(batch))
		for _, k := range batch {
			b := strconv.FormatUint(k%r.buckets, 10)
			buckets, fields = append(buckets, this+b, before+b), append(fields, packed(k))
		}
		if err := r.server.run(ctx, forgetScript, buckets, fields...).Err(); err != nil {
			return fmt.Errorf("forget %d mentions in redis: %w", len(keys), err)
		}
	}
	return nil
}

// Health returns an error that says why the server cannot be used, else nil.
func (r *Redis) Health(ctx context.Context) error {
	if err := r.server.do(ctx, "ping").Err(); err != nil {
		return fmt.Errorf("reach redis: %w", err)
	}
	return nil
}

// month returns the beginning of the bucket names of t's month. The number of
// buckets is part of it: another number means other buckets for the same keys.
func (r *Redis) month(t time.Time) string {
	return r.prefix + ":seen:" + t.UTC().Format("0601") + ":" + strconv.FormatUint(r.buckets, 10) + ":"
}

func monthStart(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// expiry returns when the buckets of t's month are of no more use: at the end
// of the next month, and a day for clocks that differ.
func expiry(t time.Time) int64 { return monthStart(t).AddDate(0, 2, 1).Unix() }

func packed(v uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	return string(b[:])
}

// fold makes a key out of foreign text such as a host: lower case, no line
// feeds or spaces, bounded.
func fold(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), "_"))
	return s[:min(len(s), 255)]
}
