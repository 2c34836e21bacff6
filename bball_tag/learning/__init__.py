"""A checkpoint's last layers fitted anew on judged clips, and what to judge next."""
