// In place of zod's error messages in some forty languages, which its namespace drags in and nothing here speaks (`[alias]` in wrangler.toml).
export {}
