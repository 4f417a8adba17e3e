package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// dialect is where the two databases differ. The zero value is SQLite.
type dialect struct{ postgres bool }

// in is the condition that a text column is in the JSON array of a parameter.
// One parameter serves lists of any length, so that the statement stays
// compiled. PostgreSQL gets an array and not a subquery to join with: it would
// plan the join for 100 rows of a table it may know nothing of yet, and read
// the whole table.
func (d dialect) in(column, param string) string {
	if d.postgres {
		return column + " = ANY (ARRAY(SELECT json_array_elements_text(" + param + "::json)))"
	}
	return column + " IN (SELECT value FROM json_each(" + param + "))"
}

// inNumbers is in for a column of integers.
func (d dialect) inNumbers(column, param string) string {
	if d.postgres {
		return column + " = ANY (ARRAY(SELECT json_array_elements_text(" + param + "::json)::bigint))"
	}
	return d.in(column, param)
}

// inThose is the condition that a column of integers is among those that a
// query finds, which runs once.
func (d dialect) inThose(column, query string) string {
	if d.postgres {
		return column + " = ANY (ARRAY(" + query + "))"
	}
	return column + " IN (" + query + ")"
}

// holds is the condition that a text column has the text of ? somewhere. LIKE
// takes half as long again in SQLite.
func (d dialect) holds(column string) string {
	if d.postgres {
		return "strpos(" + column + ", ?) > 0"
	}
	return "instr(" + column + ", ?) > 0"
}

// unindexed is a column by whose indexes SQLite is not to find rows; PostgreSQL
// weighs that itself.
func (d dialect) unindexed(column string) string {
	if d.postgres {
		return column
	}
	return "+" + column
}

// nearest reads slot and mention of the newest mentions, at most each per
// slot, under the slots of the JSON array in a parameter, oldest first.
func (d dialect) nearest(param string, each int) string {
	if d.postgres {
		return fmt.Sprintf(`SELECT v.slot, b.mention FROM (SELECT json_array_elements_text(%s::json)::bigint AS slot) v
			CROSS JOIN LATERAL (SELECT mention FROM band x WHERE x.slot = v.slot ORDER BY mention DESC LIMIT %d) b
			ORDER BY b.mention`, param, each)
	}
	return fmt.Sprintf(`SELECT b.slot, b.mention FROM json_each(%s) v CROSS JOIN band b
		WHERE b.slot = v.value AND b.mention > COALESCE(
			(SELECT x.mention FROM band x WHERE x.slot = v.value ORDER BY x.mention DESC LIMIT 1 OFFSET %d), -1)
		ORDER BY b.mention`, param, each)
}

// locked ends a SELECT whose rows nobody else may change until the commit;
// SQLite's only writer needs no word for it.
func (d dialect) locked(query string) string {
	if d.postgres {
		return query + " FOR UPDATE"
	}
	return query
}

// skipLocked is locked for rows of which others may hold some: those are left out.
func (d dialect) skipLocked(query string) string {
	if d.postgres {
		return query + " FOR UPDATE SKIP LOCKED"
	}
	return query
}

// matches is PostgreSQL's condition that a text has all the words of one of
// several ?.
func matches(asked int) string {
	return "(" + strings.Repeat("w.words @> ?::int[] OR ", asked-1) + "w.words @> ?::int[])"
}

// wordsArgs makes what people type, of which one is enough, into what is
// searched with.
func (d dialect) wordsArgs(stems *stemmer, either ...string) []any {
	if d.postgres {
		args := make([]any, len(either))
		for i, typed := range either {
			args[i] = stems.matchSums(typed)
		}
		return args
	}
	parts := make([]string, len(either))
	for i, typed := range either {
		parts[i] = "(" + stems.match(typed) + ")"
	}
	return []any{strings.Join(parts, " OR ")}
}

// repeatable reports whether a transaction failed only because another one
// was in its way: a deadlock or a serialization failure.
func (d dialect) repeatable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}

// insert begins a statement that inserts many rows. SQLite may leave a part of
// them when one fails, because the transaction fails with it: told otherwise it
// would keep a journal of every such statement.
func (d dialect) insert() string {
	if d.postgres {
		return "INSERT INTO "
	}
	return "INSERT OR FAIL INTO "
}

// values writes "($1,$2),($3,$4)" for rows of cols parameters. On SQLite the
// parameters have no numbers: the driver asks for the name of each, which
// takes time in the square of how many are named.
func (d dialect) values(rows, cols int) string {
	var b strings.Builder
	for i := range rows * cols {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%cols == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		if d.postgres {
			fmt.Fprintf(&b, "$%d", i+1)
		} else {
			b.WriteByte('?')
		}
	}
	b.WriteByte(')')
	return b.String()
}
