/** Shells for which there is a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What a shell reads once: it asks `bowline complete` for every word. */
export const completionScript = (shell: Shell): string => SCRIPTS[shell];

const BASH = `# Completion of bowline for bash: source <(bowline completion bash)
_bowline() {
  local candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("$(printf '%q' "$candidate")")
  done < <(bowline complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _bowline bowline
`;

const ZSH = `#compdef bowline
# Completion of bowline for zsh: source <(bowline completion zsh)
_bowline() {
  local -a candidates
  candidates=("\${(@f)$(bowline complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=("\${(@)candidates:#}")
  if (( \${#candidates} )); then
    compadd -- "\${(@)candidates}"
  else
    _files
  fi
}
if [ "\${funcstack[1]}" = "_bowline" ]; then _bowline; else compdef _bowline bowline; fi
`;

const FISH = `# Completion of bowline for fish: bowline completion fish | source
function __bowline_candidates
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  test (count $current) -eq 0; and set current ''
  bowline complete -- $before[2..-1] $current 2>/dev/null
end
complete -c bowline -f -a '(__bowline_candidates)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
