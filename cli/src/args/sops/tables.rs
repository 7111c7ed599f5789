//! The commands and flags of sops 3.13.3, with the environment variables that stand in for them.

use super::flags::{Command, Flag};

/// The flags before a command, which are also those of the flag style without one.
pub(super) const GLOBAL: &[&[Flag]] = &[
    &[
        Flag::switch(&["decrypt", "d"], "Decrypt the file"),
        Flag::switch(&["encrypt", "e"], "Encrypt the file"),
        Flag::switch(&["rotate", "r"], "Encrypt the file anew with a new data key"),
        Flag::switch(&["disable-version-check"], "Accepted; nothing is ever looked up")
            .or("SOPS_DISABLE_VERSION_CHECK"),
        Flag::switch(&["check-for-updates"], "Accepted; nothing is ever looked up"),
    ],
    KEYS,
    &[IN_PLACE, EXTRACT],
    TYPES,
    &[SHOW_MASTER_KEYS],
    ADD_AND_REMOVE,
    &[IGNORE_MAC, Flag::switch(&["mac-only-encrypted"], "Let the MAC cover only encrypted values")],
    SELECTION,
    &[
        Flag::text(&["unencrypted-comment-regex"], "Leave values clear whose comment matches"),
        Flag::text(&["encrypted-comment-regex"], "Encrypt only values whose comment matches"),
        Flag::text(&["config"], "The configuration file to use instead of the nearest .sops.yaml")
            .or("SOPS_CONFIG"),
        CONTEXT,
        Flag::text(&["set"], "Set a value: '[\"key\"][0] JSON'"),
        THRESHOLD,
        Flag::number(&["indent"], "How far to indent YAML or JSON that is written anew"),
        VERBOSE,
        OUTPUT,
        NAME,
    ],
    ORDER,
    SERVICES,
    HELP,
    &[Flag::switch(&["version", "v"], "Print the version")],
];

/// The commands in the order of the help.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "completion",
        about: "Print a script that completes command lines",
        usage: "",
        flags: &[HELP],
        commands: &[
            shell("bash", "For bash: source <(sops completion bash)"),
            shell("zsh", "For zsh: source <(sops completion zsh)"),
            shell("fish", "For fish: sops completion fish | source"),
            shell(
                "powershell",
                "For PowerShell: sops completion powershell | Out-String | Invoke-Expression",
            ),
        ],
    },
    leaf(
        "exec-env",
        "Run a command with the values of a file in its environment",
        "file command",
        &[
            &[
                BACKGROUND,
                Flag::switch(&["pristine"], "Pass on nothing of the environment but the values"),
                USER,
                Flag::switch(&["same-process"], "Become the command instead of waiting for it"),
            ],
            ORDER,
            SERVICES,
            HELP,
        ],
    ),
    leaf(
        "exec-file",
        "Run a command with a temporary file that holds a file in clear",
        "file command",
        &[
            &[BACKGROUND, Flag::switch(&["no-fifo"], "Make a regular file instead of a named pipe"), USER],
            TYPES,
            &[Flag::text(&["filename"], "The name of the temporary file")],
            ORDER,
            SERVICES,
            HELP,
        ],
    ),
    leaf(
        "publish",
        "Publish a file or a directory to where the configuration says",
        "file",
        &[
            &[
                YES,
                Flag::switch(&["omit-extensions"], "Leave out the extension at the destination"),
                Flag::switch(&["recursive"], "Publish all that is in a directory"),
                VERBOSE,
            ],
            ORDER,
            SERVICES,
            HELP,
        ],
    ),
    leaf(
        "keyservice",
        "Serve the keys of this machine to others",
        "",
        &[
            &[
                Flag::text(&["network", "net"], "The network: tcp or unix"),
                Flag::text(&["address", "addr"], "The address: host and port, or a path"),
                Flag::switch(&["prompt"], "Ask before each answer"),
                VERBOSE,
            ],
            HELP,
        ],
    ),
    leaf("filestatus", "Tell whether a file is encrypted", "file", &[&[INPUT_TYPE], HELP]),
    Command {
        name: "groups",
        about: "Change the key groups of a file",
        usage: "",
        flags: &[HELP],
        commands: &[
            leaf(
                "add",
                "Add a key group",
                "",
                &[
                    &[
                        FILE,
                        Flag::list(&["pgp"], "A PGP fingerprint"),
                        Flag::list(&["kms"], "An AWS KMS key"),
                        PROFILE,
                        Flag::list(&["gcp-kms"], "A GCP KMS key"),
                        Flag::list(&["hckms"], "A HuaweiCloud KMS key"),
                        Flag::list(&["azure-kv"], "An Azure Key Vault key"),
                        Flag::list(&["hc-vault-transit"], "A Vault transit key"),
                        Flag::list(&["age"], "An age recipient"),
                        IN_PLACE,
                        THRESHOLD,
                        CONTEXT,
                    ],
                    SERVICES,
                    HELP,
                ],
            ),
            leaf("delete", "Remove a key group", "[index]", &[&[FILE, IN_PLACE, THRESHOLD], SERVICES, HELP]),
        ],
    },
    leaf(
        "updatekeys",
        "Bring the keys of files in line with the configuration",
        "file",
        &[&[YES, INPUT_TYPE], SERVICES, HELP],
    ),
    leaf(
        "decrypt",
        "Decrypt a file, or stdin",
        "[file]",
        &[&[IN_PLACE, EXTRACT, OUTPUT], TYPES, &[IGNORE_MAC, NAME], ORDER, SERVICES, HELP],
    ),
    leaf(
        "encrypt",
        "Encrypt a file, or stdin",
        "[file]",
        &[&[IN_PLACE, OUTPUT], KEYS, TYPES, SELECTION, &[CONTEXT, THRESHOLD, NAME], SERVICES, HELP],
    ),
    leaf(
        "rotate",
        "Encrypt a file anew with a new data key",
        "file",
        &[&[IN_PLACE, OUTPUT], TYPES, &[CONTEXT], ADD_AND_REMOVE, &[NAME], ORDER, SERVICES, HELP],
    ),
    leaf(
        "edit",
        "Edit an encrypted file, or a new one",
        "file",
        &[KEYS, TYPES, SELECTION, &[CONTEXT, THRESHOLD, SHOW_MASTER_KEYS, IGNORE_MAC], ORDER, SERVICES, HELP],
    ),
    leaf(
        "set",
        "Set a value of an encrypted file; it is written as JSON",
        "file index [value]",
        &[
            TYPES,
            &[
                Flag::switch(&["value-file"], "The value is the name of a file that holds it"),
                Flag::switch(&["value-stdin"], "Read the value from stdin"),
                THRESHOLD,
                IGNORE_MAC,
            ],
            ORDER,
            &[IDEMPOTENT],
            SERVICES,
            HELP,
        ],
    ),
    leaf(
        "unset",
        "Remove a value from an encrypted file",
        "file index",
        &[TYPES, &[THRESHOLD, IGNORE_MAC], ORDER, &[IDEMPOTENT], SERVICES, HELP],
    ),
    Command {
        name: HELP_COMMAND,
        about: "Show the commands, or the flags of one",
        usage: "[command]",
        flags: &[HELP],
        commands: &[],
    },
];

/// The command that shows help; it has a short name as well.
pub(super) const HELP_COMMAND: &str = "help";

/// The short name of [`HELP_COMMAND`].
pub(super) const HELP_SHORT: &str = "h";

/// The command called `name` among those that need no other before them.
pub(super) fn command(name: &str) -> Option<&'static Command> {
    among(COMMANDS, name)
}

/// The command called `name` among `commands`.
pub(super) fn among(commands: &'static [Command], name: &str) -> Option<&'static Command> {
    let name = if name == HELP_SHORT { HELP_COMMAND } else { name };
    commands.iter().find(|command| command.name == name)
}

const HELP: &[Flag] = &[Flag::switch(&["help", "h"], "Show this help")];

const KEYS: &[Flag] = &[
    Flag::text(&["kms", "k"], "AWS KMS keys, separated by commas").or("SOPS_KMS_ARN"),
    PROFILE,
    Flag::text(&["gcp-kms"], "GCP KMS keys").or("SOPS_GCP_KMS_IDS"),
    Flag::text(&["hckms"], "HuaweiCloud KMS keys").or("SOPS_HUAWEICLOUD_KMS_IDS"),
    Flag::text(&["azure-kv"], "Azure Key Vault keys").or("SOPS_AZURE_KEYVAULT_URLS"),
    Flag::text(&["hc-vault-transit"], "Vault transit keys").or("SOPS_VAULT_URIS"),
    Flag::text(&["pgp", "p"], "PGP fingerprints").or("SOPS_PGP_FP"),
    Flag::text(&["age", "a"], "age recipients").or("SOPS_AGE_RECIPIENTS"),
];

const ADD_AND_REMOVE: &[Flag] = &[
    Flag::text(&["add-gcp-kms"], "Add GCP KMS keys"),
    Flag::text(&["rm-gcp-kms"], "Remove GCP KMS keys"),
    Flag::text(&["add-hckms"], "Add HuaweiCloud KMS keys"),
    Flag::text(&["rm-hckms"], "Remove HuaweiCloud KMS keys"),
    Flag::text(&["add-azure-kv"], "Add Azure Key Vault keys"),
    Flag::text(&["rm-azure-kv"], "Remove Azure Key Vault keys"),
    Flag::text(&["add-kms"], "Add AWS KMS keys"),
    Flag::text(&["rm-kms"], "Remove AWS KMS keys"),
    Flag::text(&["add-hc-vault-transit"], "Add Vault transit keys"),
    Flag::text(&["rm-hc-vault-transit"], "Remove Vault transit keys"),
    Flag::text(&["add-age"], "Add age recipients"),
    Flag::text(&["rm-age"], "Remove age recipients"),
    Flag::text(&["add-pgp"], "Add PGP keys"),
    Flag::text(&["rm-pgp"], "Remove PGP keys"),
];

/// The names of the flags that add or remove keys.
pub(super) fn adds_or_removes() -> impl Iterator<Item = &'static str> {
    ADD_AND_REMOVE.iter().map(Flag::name)
}

const SELECTION: &[Flag] = &[
    Flag::text(&["unencrypted-suffix"], "Leave values clear whose key ends with this"),
    Flag::text(&["encrypted-suffix"], "Encrypt only values whose key ends with this"),
    Flag::text(&["unencrypted-regex"], "Leave values clear whose key matches"),
    Flag::text(&["encrypted-regex"], "Encrypt only values whose key matches"),
];

const TYPES: &[Flag] =
    &[INPUT_TYPE, Flag::text(&["output-type"], "Type of the output: yaml, json, dotenv, ini or binary")];

const ORDER: &[Flag] =
    &[Flag::text(&["decryption-order"], "Kinds of keys in the order in which they are tried")
        .or("SOPS_DECRYPTION_ORDER")];

const SERVICES: &[Flag] = &[
    Flag::switch(&["enable-local-keyservice"], "Use the keys of this machine (the default)")
        .or("SOPS_ENABLE_LOCAL_KEYSERVICE"),
    Flag::list(&["keyservice"], "Ask this key service as well: tcp://host:port or unix:///path")
        .or("SOPS_KEYSERVICE"),
];

const IN_PLACE: Flag = Flag::switch(&["in-place", "i"], "Write the result over the input");
const EXTRACT: Flag = Flag::text(&["extract"], "Print only the value at this path: '[\"key\"][0]'");
const OUTPUT: Flag = Flag::text(&["output"], "Write the result to this file");
const INPUT_TYPE: Flag = Flag::text(&["input-type"], "Type of the input: yaml, json, dotenv, ini or binary");
const NAME: Flag = Flag::text(&["filename-override"], "Take type and rule from this name");
const IGNORE_MAC: Flag = Flag::switch(&["ignore-mac"], "Do not stop if the MAC does not fit");
const SHOW_MASTER_KEYS: Flag =
    Flag::switch(&["show-master-keys", "s"], "Show the metadata in the editor as well");
const CONTEXT: Flag = Flag::text(&["encryption-context"], "Pairs for AWS KMS: name:value,name:value");
const THRESHOLD: Flag =
    Flag::number(&["shamir-secret-sharing-threshold"], "How many key groups are needed to decrypt");
const PROFILE: Flag = Flag::text(&["aws-profile"], "The AWS profile for AWS KMS keys");
const VERBOSE: Flag = Flag::switch(&["verbose"], "Accepted; there is nothing more to say");
const BACKGROUND: Flag = Flag::switch(&["background"], "Do not wait for the command (deprecated)");
const USER: Flag = Flag::text(&["user"], "Run the command as this user");
const FILE: Flag = Flag::text(&["file", "f"], "The file");
const YES: Flag = Flag::switch(&["yes", "y"], "Do not ask");
const IDEMPOTENT: Flag = Flag::switch(&["idempotent"], "Leave the file alone if nothing changes");

const fn leaf(
    name: &'static str,
    about: &'static str,
    usage: &'static str,
    flags: &'static [&'static [Flag]],
) -> Command {
    Command { name, about, usage, flags, commands: &[] }
}

const fn shell(name: &'static str, about: &'static str) -> Command {
    leaf(name, about, "", &[HELP])
}
