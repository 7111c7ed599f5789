//! The files of settings that the tools of AWS share: `~/.aws/config` and `~/.aws/credentials`.

use std::collections::HashMap;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::text;
use crate::Environment;
use crate::cloud::{CloudError, read_settings};

/// The settings of one profile. Some are secret.
type Section = HashMap<String, Zeroizing<String>>;

/// The profiles of both files.
pub(super) struct Profiles {
    /// The profile that is used.
    name: String,
    sections: HashMap<String, Section>,
    /// Addresses by section of `services` and service.
    services: HashMap<String, HashMap<String, String>>,
}

impl Profiles {
    /// Reads both files, as far as they are there.
    ///
    /// # Errors
    /// One cannot be read, or the profile that is named is in neither.
    pub(super) fn read(environment: &Environment) -> Result<Self, CloudError> {
        let named = text(environment, "AWS_PROFILE");
        let name = named.or_else(|| text(environment, "AWS_DEFAULT_PROFILE")).unwrap_or("default").to_owned();
        let mut profiles = Self { name, sections: HashMap::new(), services: HashMap::new() };
        for (variable, usual, prefixed) in
            [("AWS_CONFIG_FILE", "config", true), ("AWS_SHARED_CREDENTIALS_FILE", "credentials", false)]
        {
            let path = match text(environment, variable) {
                Some(path) => PathBuf::from(path),
                None => match environment.home() {
                    Ok(home) => home.join(".aws").join(usual),
                    Err(_) => continue,
                },
            };
            if let Some(content) = read_settings(&path)? {
                profiles.add(&content, prefixed);
            }
        }
        if named.is_some() && !profiles.sections.contains_key(&profiles.name) {
            return Err(CloudError::Setting(
                "the profile that AWS_PROFILE names is in none of the files of AWS".to_owned(),
            ));
        }
        Ok(profiles)
    }

    /// The name of the profile that is used.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A setting of the profile that is used.
    pub(super) fn setting(&self, setting: &str) -> Option<&str> {
        self.of(&self.name, setting)
    }

    /// A setting of a profile; an empty one counts as none.
    pub(super) fn of(&self, profile: &str, setting: &str) -> Option<&str> {
        let value = self.sections.get(profile)?.get(setting)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The address of a service in the profile that is used.
    pub(super) fn endpoint(&self, service: &str) -> Option<&str> {
        let of_service = || Some(self.services.get(self.setting("services")?)?.get(service)?.as_str());
        of_service().or_else(|| self.setting("endpoint_url"))
    }

    /// Adds the content of a file. In that of settings the names of profiles stand behind `profile`. Of two settings of
    /// the same name the later one counts, so that the file of credentials goes before that of settings.
    fn add(&mut self, content: &str, prefixed: bool) {
        enum Place {
            Profile(String),
            Services(String),
            Other,
        }
        let mut place = Place::Other;
        let mut parent = String::new();
        for line in content.lines() {
            let indented = line.starts_with([' ', '\t']);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(head) = line.strip_prefix('[') {
                let head = head.split(']').next().unwrap_or_default().trim();
                place = match head.split_once(char::is_whitespace) {
                    Some(("profile", name)) if prefixed => Place::Profile(name.trim().to_owned()),
                    Some(("services", name)) if prefixed => Place::Services(name.trim().to_owned()),
                    None if !prefixed || head == "default" => Place::Profile(head.to_owned()),
                    _ => Place::Other,
                };
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let key = key.trim().to_ascii_lowercase();
            // A comment begins behind a blank.
            let value =
                value.find(" #").or_else(|| value.find(" ;")).map_or(value, |end| &value[..end]).trim();
            if !indented {
                parent.clone_from(&key);
            }
            match &place {
                Place::Profile(name) if !indented => {
                    let section = self.sections.entry(name.clone()).or_default();
                    section.insert(key, Zeroizing::new(value.to_owned()));
                }
                Place::Services(name) if indented && key == "endpoint_url" => {
                    let section = self.services.entry(name.clone()).or_default();
                    section.insert(parent.clone(), value.to_owned());
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_and_their_sections() {
        let mut profiles =
            Profiles { name: "work".to_owned(), sections: HashMap::new(), services: HashMap::new() };
        profiles.add(
            "[default]\nregion = eu-central-1 # here\n[profile work]\nRegion=eu-west-1\nservices = local\n\
             s3 =\n  endpoint_url = https://nested.example\nsecret = a=b\n[services local]\ns3 =\n  \
             endpoint_url = http://127.0.0.1:9000\n[work]\nregion = wrong\n",
            true,
        );
        profiles.add("; c\n[work]\naws_access_key_id = AKIA\n[other]\naws_access_key_id =\n", false);
        assert_eq!(profiles.setting("region"), Some("eu-west-1"));
        assert_eq!(profiles.setting("secret"), Some("a=b"));
        assert_eq!(profiles.setting("endpoint_url"), None, "what is nested belongs to what it is in");
        assert_eq!(profiles.endpoint("s3"), Some("http://127.0.0.1:9000"));
        assert_eq!(profiles.endpoint("kms"), None);
        assert_eq!(profiles.setting("aws_access_key_id"), Some("AKIA"));
        assert_eq!(profiles.of("other", "aws_access_key_id"), None);
        assert_eq!(profiles.of("default", "region"), Some("eu-central-1"));
    }
}
