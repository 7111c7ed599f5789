//! Where a file is published to, and what of it.

use std::path::{MAIN_SEPARATOR, Path};
use std::sync::Arc;

use fieldseal_core::{
    Config, Destination, DestinationRule, LeafState, MapsInLists, Opened, Plaintext, Sealed, Stores,
    path_in_rules,
};
use fieldseal_keys::KeyServices;

use super::configs::{broken, not_found};
use super::{Access, Configs, Recipe, absolute, failures};
use crate::exit::Exit;
use crate::report::{Failure, harmless};
use crate::role::Role;

/// What a destination rule says of a file.
pub(crate) struct Publication {
    /// The place.
    pub(crate) destination: Destination,
    /// Whether the name there goes without its last extension.
    pub(crate) omit_extensions: bool,
    /// How the file is encrypted there; `None`: as it is.
    pub(crate) recreation: Option<Recipe>,
}

impl Publication {
    /// For whom the file is encrypted there, if it is encrypted anew.
    pub(crate) fn access(&self) -> Option<Access> {
        let recipe = self.recreation.as_ref()?;
        Some(Access { groups: recipe.groups.clone(), threshold: recipe.threshold })
    }
}

impl Configs<'_> {
    /// What the destination rule for `file` says; `None` if none is for it.
    ///
    /// Under the name `sops` the path counts as it was given, as there; else as in creation rules, below the folder of the
    /// configuration.
    ///
    /// # Errors
    /// There is no configuration, it is broken, or its rule names no place.
    pub(crate) fn publication(
        &self,
        file: &Path,
        role: Role,
        services: &Arc<KeyServices>,
    ) -> Result<Option<Publication>, Failure> {
        let Some(found) = self.config(file)? else { return Err(not_found()) };
        let config: &Config = &found.config;
        let rule = match role {
            Role::Sops => config.destination_for(file.as_os_str().as_encoded_bytes()),
            Role::Own => {
                let absolute = absolute(file)?;
                let (folder, file) = (found.directory.as_os_str(), absolute.as_os_str());
                let separator = MAIN_SEPARATOR as u8;
                let path = path_in_rules(folder.as_encoded_bytes(), file.as_encoded_bytes(), separator);
                config.destination_for(path)
            }
        };
        let Some(rule) = rule.map_err(|error| broken(&found.path, &error))? else { return Ok(None) };
        let Some(destination) = rule.destination.clone() else {
            return Err(Failure::new(Exit::Other, "no destination configured for this file")
                .hint("name one in its rule: s3_bucket, gcs_bucket or vault_path"));
        };
        let recreation = recreation(rule, services);
        Ok(Some(Publication { destination, omit_extensions: rule.omit_extensions, recreation }))
    }
}

/// How the rule has files encrypted; `None` if it names no key. Other than in sops, all of its settings count.
fn recreation(rule: &DestinationRule, services: &Arc<KeyServices>) -> Option<Recipe> {
    let rule = &rule.recreation_rule;
    rule.key_groups.iter().any(|group| !group.is_empty()).then(|| Recipe {
        services: Arc::clone(services),
        groups: rule.key_groups.clone(),
        threshold: rule.shamir_threshold,
        selection: rule.selection.clone(),
        mac_only_encrypted: rule.mac_only_encrypted,
        // Nothing is printed anew.
        stores: Stores::default(),
    })
}

/// That nothing of an encrypted text is in clear that its selection says is encrypted.
///
/// # Errors
/// Something is, or the selection cannot be compiled.
pub(crate) fn check_sealed(sealed: &Sealed) -> Result<(), Failure> {
    let mut wrong = None;
    let visited = sealed.visit_leaves(&mut |leaf| {
        if wrong.is_none() && leaf.selected && !leaf.comment && leaf.state == LeafState::Clear {
            wrong = Some((leaf.path.to_owned(), leaf.position));
        }
    });
    visited.map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
    match wrong {
        None => Ok(()),
        Some((path, position)) => {
            let message = "this value is in clear text, and by the selection of the file it is encrypted";
            Err(Failure::new(Exit::Other, message)
                .tree(harmless(&path))
                .position(Some(position))
                .hint("nothing was published; change the file with `edit`, which encrypts it"))
        }
    }
}

/// All values of a file as one object of JSON. Under the name `sops`, maps inside of lists look as sops writes them.
///
/// # Errors
/// A value is no text, which is all that JSON can hold.
pub(crate) fn values(opened: &Opened, role: Role) -> Result<Plaintext, Failure> {
    let maps = match role {
        Role::Own => MapsInLists::Objects,
        Role::Sops => MapsInLists::Pairs,
    };
    opened.merged_json(maps).map_err(|error| failures::of_unrenderable(&error))
}
