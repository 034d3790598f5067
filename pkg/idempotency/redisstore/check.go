package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrVolatile says that the server may forget what it has acknowledged, so that requests execute twice.
	ErrVolatile = errors.New("redisstore: the server may forget what it has acknowledged")
	// ErrUnchecked says that the server does not tell how it is configured, as many that are rented do not. Whoever
	// runs it has to make sure.
	ErrUnchecked = errors.New("redisstore: the server does not tell its configuration")
)

// requirements are the settings that a server must have, and where INFO has them too.
var requirements = []struct{ setting, want, section, field, value string }{
	{"appendonly", "yes", "persistence", "aof_enabled", "1"},
	{"appendfsync", "always", "", "", ""},
	{"maxmemory-policy", "noeviction", "memory", "maxmemory_policy", "noeviction"},
}

// Check looks whether the server, or each master of a cluster, has the settings that it must be told: appendonly,
// appendfsync and maxmemory-policy. It asks by CONFIG GET and, where that is refused, by INFO. It fails with
// ErrVolatile if one is wrong, with ErrUnchecked if none is but not all can be seen, and says which; and otherwise if
// the server does not answer. Call it once when a program starts. What it cannot see is a disk that lies, and a
// failover to a replica that is behind.
func (s *Store) Check(ctx context.Context) error {
	if s.client == nil {
		return errors.New("redisstore: check: the store was not made by New")
	}
	var mu sync.Mutex
	var wrong, unknown []string
	check := func(ctx context.Context, client redis.Cmdable) error {
		w, u, err := settings(ctx, client)
		mu.Lock()
		defer mu.Unlock()
		wrong, unknown = append(wrong, w...), append(unknown, u...)
		return err
	}
	var err error
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, client *redis.Client) error {
			return check(ctx, client)
		})
	} else {
		err = check(ctx, s.client)
	}
	switch {
	case len(wrong) > 0:
		return fmt.Errorf("%w: %s", ErrVolatile, list(wrong))
	case err != nil:
		return fmt.Errorf("redisstore: check: %w", presentable(ctx, err))
	case len(unknown) > 0:
		return fmt.Errorf("%w: it must have %s", ErrUnchecked, list(unknown))
	}
	return nil
}

// list joins what all servers have, each once.
func list(texts []string) string {
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), ", ")
}

// settings says which settings of a server are wrong, and which it does not tell.
func settings(ctx context.Context, client redis.Cmdable) (wrong, unknown []string, err error) {
	for _, r := range requirements {
		want := r.setting + " " + r.want
		values, err := client.ConfigGet(ctx, r.setting).Result()
		if err != nil && !refused(err) {
			return wrong, unknown, err
		}
		value, told := values[r.setting]
		right := value == r.want
		if !told && r.section != "" {
			info, err := client.Info(ctx, r.section).Result()
			if err != nil && !refused(err) {
				return wrong, unknown, err
			}
			value, told = field(info, r.field)
			right = value == r.value
		}
		switch {
		case !told:
			unknown = append(unknown, want)
		case !right:
			wrong = append(wrong, "it does not have "+want)
		}
	}
	return wrong, unknown, nil
}

// refused says that the server does not know a command, or does not allow it.
func refused(err error) bool {
	return redis.HasErrorPrefix(err, "NOPERM") || redis.HasErrorPrefix(err, "ERR")
}

// field reads a field of INFO.
func field(info, name string) (string, bool) {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value, true
		}
	}
	return "", false
}
