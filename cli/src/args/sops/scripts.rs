//! Scripts that let shells complete command lines under the name `sops`. They ask the tool itself, with the flag
//! `--generate-bash-completion`, so they know the rules of this command line.

/// The script for a shell that the tables name.
pub(super) fn of(shell: &str) -> &'static str {
    match shell {
        "bash" => BASH,
        "zsh" => ZSH,
        "fish" => FISH,
        _ => POWERSHELL,
    }
}

const BASH: &str = r#"
_sops_complete() {
    local word="${COMP_WORDS[COMP_CWORD]}" asked=("${COMP_WORDS[@]:0:COMP_CWORD}")
    [[ "$word" == -* ]] && asked+=("$word")
    mapfile -t COMPREPLY < <(compgen -W "$("${asked[@]}" --generate-bash-completion 2>/dev/null)" -- "$word")
}
complete -o bashdefault -o default -F _sops_complete sops
"#;

const ZSH: &str = r#"
#compdef sops

_sops() {
    local -a asked found
    asked=("${(@)words[1,CURRENT-1]}")
    [[ "${words[CURRENT]}" == -* ]] && asked+=("${words[CURRENT]}")
    found=("${(@f)$("${asked[@]}" --generate-bash-completion 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
}

compdef _sops sops
"#;

const FISH: &str = r#"
function __sops_complete
    set -l asked (commandline -opc)
    set -l word (commandline -ct)
    string match -q -- '-*' $word; and set -a asked $word
    $asked --generate-bash-completion 2>/dev/null
end
complete -c sops -a '(__sops_complete)'
"#;

const POWERSHELL: &str = r#"
Register-ArgumentCompleter -Native -CommandName sops -ScriptBlock {
    param($word, $line, $cursor)
    $asked = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { "$_" })
    $rest = @($asked | Select-Object -Skip 1)
    if ($word -like '-*') { $rest += $word }
    & $asked[0] @rest --generate-bash-completion 2>$null | Where-Object { $_ -like "$word*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
"#;
