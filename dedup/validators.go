package dedup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// maxValidator bounds one value: headers and a following address.
	maxValidator = 16 << 10
	// validatorLife is how long a page may rest before it is read whole again.
	validatorLife = 30 * 24 * time.Hour
)

// RedisValidators keeps what pages looked like when they were last taken,
// shared by daemons. A value lives 30 days after it was put.
type RedisValidators struct {
	server server
	prefix string
}

// NewRedisValidators returns the validators kept by client. Prefix is
// "otklik" when empty.
func NewRedisValidators(client *redis.Client, prefix string) *RedisValidators {
	return &RedisValidators{server: newServer(client), prefix: prefixOr(prefix)}
}

// Get returns the value put under key, and nil when there is none.
func (v *RedisValidators) Get(ctx context.Context, key string) ([]byte, error) {
	text, err := v.server.do(ctx, "get", v.key(key)).Text()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read validator from redis: %w", err)
	}
	return []byte(text), nil
}

// Put replaces the value under key; an empty value removes it. A value over
// 16 KB is refused.
func (v *RedisValidators) Put(ctx context.Context, key string, value []byte) error {
	if len(value) > maxValidator {
		return fmt.Errorf("validator of %d bytes: at most %d are kept", len(value), maxValidator)
	}
	var err error
	if len(value) == 0 {
		err = v.server.do(ctx, "del", v.key(key)).Err()
	} else {
		err = v.server.do(ctx, "set", v.key(key), value, "px", validatorLife.Milliseconds()).Err()
	}
	if err != nil {
		return fmt.Errorf("write validator to redis: %w", err)
	}
	return nil
}

func (v *RedisValidators) key(key string) string { return v.prefix + ":etag:" + fold(key) }

func prefixOr(prefix string) string {
	if prefix == "" {
		return defaultPrefix
	}
	return prefix
}
