-- What the schema with other channels adds: who the person is there.
UPDATE account SET aliases = 'telegram:7' WHERE id = 1;
