#!/bin/sh
# The task is on stdin. What goes to stdout is the result, what goes to stderr is progress.
page=0
while read -r line || [ -n "$line" ]; do
  page=$((page + 1))
  echo "page $page" >&2
  sleep 1
  [ -n "$line" ] || { echo "page $page is empty" >&2; exit 1; }
  echo "page $page: $(echo "$line" | wc -w | tr -d ' ') words"
done
