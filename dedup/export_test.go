package dedup

import (
	"time"

	"github.com/redis/go-redis/v9"
)

// NewRedisAt is NewRedis with a clock, for months to pass in tests.
func NewRedisAt(client *redis.Client, cfg RedisConfig, now func() time.Time) (*Redis, error) {
	m, err := NewRedis(client, cfg)
	if err == nil {
		m.now = now
	}
	return m, err
}
