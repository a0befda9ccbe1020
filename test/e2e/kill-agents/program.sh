#!/bin/sh
# The agent of the campaign that is a program. It leaves children behind and does not always heed a signal.
folder=$1
case $(($$ % 4)) in
  0) trap '' TERM ;;
  1) sleep 600 & ;;
  2) setsid sleep 600 >/dev/null 2>&1 & ;;
esac
answer="$ERRAND_DELEGATION_ID $$ $(date +%N)"
sha256=$(printf '%s' "$answer" | sha256sum | cut -d ' ' -f 1)
now=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)0000000
printf '{"peer":"program","id":"%s","at":"%s","sha256":"%s"}\n' "$ERRAND_DELEGATION_ID" "$now" "$sha256" >> "$folder/ran.jsonl"
echo "at it" >&2
sleep 0.0$(($$ % 10))
printf '%s' "$answer"
