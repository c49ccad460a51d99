#!/usr/bin/env bash
# What a pull request shows: problems in the files, the policy's tests, and who gains or loses which tool. The GitHub
# Action, the GitLab job and people run this one file. It runs nothing of the tree it looks at and needs no secret.
#
#   GATEHOUSE          the command; default: the package this file belongs to
#   GATEHOUSE_CONFIG   default: gateway.config.yaml
#   GATEHOUSE_BASE     commit to compare HEAD with; default: HEAD^1, which for a merge commit is the target branch
#   GATEHOUSE_DENY     verdict of `gatehouse plan` that fails, and every worse one; default: none fails
#   GATEHOUSE_ROSTER   file that says who is in which group, to count people; default: none
#   GATEHOUSE_LOCK     true also compares the locks with the servers, which connects to them and starts commands
#   GATEHOUSE_REPORTS  folder for comment.md, *.sarif and *.xml (JUnit); default: gatehouse-reports
#
# Exit codes: 0 nothing is wrong, 1 something is, 2 a command could not run
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
marker='<!-- gatehouse-check -->'
config=${GATEHOUSE_CONFIG:-gateway.config.yaml}
base=${GATEHOUSE_BASE:-HEAD^1}
reports=${GATEHOUSE_REPORTS:-gatehouse-reports}
commands=(plan check test lock)
worst=0

gatehouse=(node "$here/../dist/main.js")
if [[ -n ${GATEHOUSE:-} ]]; then read -ra gatehouse <<<"$GATEHOUSE"; fi

main() {
  # A link in the tree could lead anywhere.
  if [[ -L $reports ]]; then fail "$reports is a link"; fi
  refuse_links_out
  refuse_policies_out
  mkdir -p "$reports"
  for command in "${commands[@]}"; do rm -f "$reports/$command".{md,sarif,xml,txt}; done
  rm -f "$reports/comment.md"

  hush
  # Without files that are right there is nothing to test or to compare.
  if tell check 1 check; then
    tell test 1 test || true
    plan || true
    if [[ ${GATEHOUSE_LOCK:-} == true ]]; then tell lock 1 lock --check || true; fi
  fi
  speak

  write_comment
  return "$worst"
}

# What a problem is found in is shown: a stranger's link must not make that a secret of this machine.
refuse_links_out() {
  local root entry path target
  root=$(cd "$(git rev-parse --show-toplevel)" && pwd -P)
  while IFS= read -r -d '' entry; do
    if [[ $entry != 120000* ]]; then continue; fi
    path=${entry#*$'\t'}
    target=$(readlink -f -- "$root/$path" || true)
    case $target in
      "$root"/.git | "$root"/.git/*) ;;
      '' | "$root" | "$root"/*) continue ;;
    esac
    fail "$(printf '%q' "$path") is a link that leads out of the repository"
  done < <(git -C "$root" ls-files --stage -z)
}

# Nor must a stranger's `policies: ../..`. Of a commit plan reads nothing else, and says so.
refuse_policies_out() {
  local said
  said=$("${gatehouse[@]}" plan HEAD..HEAD "--config=$config" 2>&1 || true)
  if [[ $said == *'policy folder inside the repository'* ]]; then fail 'gateway.policies leads out of the repository'; fi
}

plan() {
  if ! git rev-parse --quiet --verify --end-of-options "$base^{commit}" >/dev/null; then
    say "plan: there is no commit $base here; fetch it (fetch-depth: 2, GIT_DEPTH: 0) or name another in GATEHOUSE_BASE"
    lost plan
    return
  fi
  local words=(plan)
  if [[ -n ${GATEHOUSE_DENY:-} ]]; then words+=("--deny=$GATEHOUSE_DENY"); fi
  if [[ -n ${GATEHOUSE_ROSTER:-} ]]; then words+=("--roster=$GATEHOUSE_ROSTER"); fi
  tell plan 3 "${words[@]}" "$(git rev-parse --short --verify --end-of-options "$base^{commit}")..HEAD"
}

# tell NAME CODE WORDS...: runs a command for the log and once for each report. It found something when it ends with
# CODE. 0 is fine, and so is 2 of plan when it tells of changes; a wrong option ends with 2 as well and tells nothing.
tell() {
  local name=$1 found=$2 code=0
  shift 2
  say "gatehouse $name"
  "${gatehouse[@]}" "$@" "--config=$config" 2>&1 || code=$?
  report "$name" md markdown "$@" &
  report "$name" sarif sarif "$@" &
  report "$name" xml junit "$@" &
  if [[ ${GITHUB_ACTIONS:-} == true ]]; then report "$name" txt github "$@" & fi
  wait
  if [[ ! -f $reports/$name.md ]]; then code=none; fi
  case $name:$code in
    *:0 | plan:2) return 0 ;;
    *:"$found") if ((worst == 0)); then worst=1; fi ;;
    *) lost "$name" ;;
  esac
  return 1
}

report() {
  local file=$reports/$1.$2 format=$3
  shift 3
  "${gatehouse[@]}" "$@" "--config=$config" "--format=$format" >"$file" 2>/dev/null || true
  # Pages refuse empty reports.
  if [[ ! -s $file ]]; then rm -f "$file"; fi
}

lost() {
  worst=2
  rm -f "$reports/$1".{sarif,xml}
  printf '%s\n### gatehouse %s: could not run; the log of the job says why\n' "$marker" "$1" >"$reports/$1.md"
}

write_comment() {
  local command
  {
    echo "$marker"
    for command in "${commands[@]}"; do
      # Each answer begins with a marker for a comment of its own.
      if [[ -f $reports/$command.md ]]; then sed -E '/^<!-- gatehouse-[a-z]+ -->$/d' "$reports/$command.md" && echo; fi
    done
  } >"$reports/comment.md"
  for command in "${commands[@]}"; do rm -f "$reports/$command.md"; done
  if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then cat "$reports/comment.md" >>"$GITHUB_STEP_SUMMARY"; fi
}

# GitHub takes lines of the log for commands, and the log shows lines of the files under review.
hush() {
  if [[ ${GITHUB_ACTIONS:-} != true ]]; then return; fi
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "::stop-commands::$token"
}

# Commands count again; the annotations are made to be read as such.
speak() {
  if [[ ${GITHUB_ACTIONS:-} != true ]]; then return; fi
  echo "::$token::"
  local command
  for command in "${commands[@]}"; do
    if [[ -f $reports/$command.txt ]]; then
      cat "$reports/$command.txt"
      rm -f "$reports/$command.txt"
    fi
  done
}

say() {
  printf '== %s\n' "$1"
}

fail() {
  printf 'pull-request.sh: %s\n' "$1" >&2
  exit 2
}

main
