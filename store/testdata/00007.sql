-- What the schema with the clock adds: a time that stands beside the document.
UPDATE task SET confirmed_ms = 1790003600000, doc = replace(doc, '"on_site":true', '"confirmed_at":"2026-09-21T15:13:20Z","on_site":true') WHERE id = 1;
