//! From the tree of a YAML text to typed fields, by the rules of the decoder inside sops: keys that nobody
//! knows are passed over, scalars become strings as they are spelled, `null` is as good as absent, merge keys are
//! merged.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::error::{Path, RulesError, RulesWarning};
use crate::span::Lines;
use crate::yaml::{Id, NodeKind, Style, Tag, Tree, Typed};

/// How many nodes of a configuration may be read. Aliases can make a small text large; sops stops at about
/// as many.
const MAX_STEPS: usize = 400_000;

/// How deep merge keys may nest.
const MAX_MERGES: usize = 32;

/// Reads the nodes of one tree.
pub(super) struct Decoder<'t> {
    tree: &'t Tree,
    lines: Lines,
    steps: usize,
    warnings: Vec<RulesWarning>,
}

/// The values of the fields of a mapping, in the order of the names that were asked for.
pub(super) type Fields<const N: usize> = [Option<Id>; N];

/// An item of a mapping: its name, its key and its value.
pub(super) type Entry<'t> = (Cow<'t, [u8]>, Id, Id);

type Result<T> = std::result::Result<T, RulesError>;

impl<'t> Decoder<'t> {
    /// A decoder for `tree`.
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self { tree, lines: Lines::of(&tree.text), steps: 0, warnings: Vec::new() }
    }

    /// What was noticed.
    pub(super) fn into_warnings(self) -> Vec<RulesWarning> {
        self.warnings
    }

    /// The error `problem` at a node.
    pub(super) fn error(&self, id: Id, path: &Path<'_>, problem: impl Into<Cow<'static, str>>) -> RulesError {
        self.error_at(self.tree.node(id).span.start, path, problem)
    }

    /// The error `problem` at an offset of the text.
    fn error_at(&self, offset: u32, path: &Path<'_>, problem: impl Into<Cow<'static, str>>) -> RulesError {
        let position = Some(self.lines.position(offset));
        RulesError { position, path: path.to_string(), problem: problem.into() }
    }

    /// An error without a problem yet at the beginning of the string that a scalar stands for, and whether the
    /// bytes that follow there are those of the string.
    pub(super) fn error_in_string(&self, id: Id, path: &Path<'_>) -> (RulesError, bool) {
        let id = self.target(id);
        let node = self.tree.node(id);
        let quote = u32::from(matches!(node.style, Style::Single | Style::Double));
        match self.tree.scalar_text(id) {
            Cow::Borrowed(_) => (self.error_at(node.span.start + quote, path, ""), true),
            Cow::Owned(_) => (self.error(id, path, ""), false),
        }
    }

    /// Notes a warning about a node.
    pub(super) fn warn(&mut self, id: Id, path: &Path<'_>, problem: impl Into<Cow<'static, str>>) {
        let position = self.lines.position(self.tree.node(id).span.start);
        self.warnings.push(RulesWarning { position, path: path.to_string(), problem: problem.into() });
    }

    /// Where a node begins.
    pub(super) fn position(&self, id: Id) -> crate::span::Position {
        self.lines.position(self.tree.node(id).span.start)
    }

    /// The node itself, or what an alias stands for.
    fn target(&self, id: Id) -> Id {
        let node = self.tree.node(id);
        if node.kind == NodeKind::Alias { Id(node.first_child) } else { id }
    }

    /// Counts a node that is read.
    fn step(&mut self, id: Id, path: &Path<'_>) -> Result<Id> {
        self.steps += 1;
        match self.steps > MAX_STEPS {
            true => Err(self.error(
                id,
                path,
                "the configuration is too large; does it repeat aliases of aliases?",
            )),
            false => Ok(self.target(id)),
        }
    }

    /// Whether the node is `null`, which counts as absent.
    pub(super) fn is_null(&self, id: Id) -> bool {
        let id = self.target(id);
        self.tree.node(id).kind == NodeKind::Scalar && matches!(self.tree.value(id), Ok(Typed::Null))
    }

    /// The values that a mapping has under `names`; none if the node is `null`. What is merged counts where
    /// the mapping itself has nothing under the name.
    ///
    /// # Errors
    /// The node is no mapping, has a key twice, or merges something that is no mapping.
    pub(super) fn fields<const N: usize>(
        &mut self,
        id: Id,
        path: &Path<'_>,
        names: [&'static str; N],
    ) -> Result<Fields<N>> {
        let mut fields = [None; N];
        let entries = self.entries(id, path)?;
        for (name, key, value) in entries {
            match names.iter().position(|known| known.as_bytes() == name.as_ref()) {
                Some(index) => fields[index] = Some(value),
                None => self.warn_of_key(key, &name, path, &names),
            }
        }
        Ok(fields)
    }

    /// The name, the key and the value of each item of a mapping, with what is merged.
    pub(super) fn entries(&mut self, id: Id, path: &Path<'_>) -> Result<Vec<Entry<'t>>> {
        let mut entries = Vec::new();
        if self.is_null(id) {
            return Ok(entries);
        }
        let tree = self.tree;
        // Mappings to read, the next one last, each with its depth of merging.
        let mut waiting = vec![(id, 0)];
        let mut names = HashSet::new();
        while let Some((id, depth)) = waiting.pop() {
            let map = self.step(id, path)?;
            if tree.node(map).kind != NodeKind::Map {
                return Err(self.error(id, path, "expected a mapping"));
            }
            if depth > MAX_MERGES {
                return Err(self.error(id, path, "merge keys are nested too deeply, or merge themselves"));
            }
            self.check_keys(map, path)?;
            let mut merge = None;
            let mut items = tree.children(map);
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                let key_target = self.step(key, path)?;
                if tree.node(key).kind == NodeKind::Scalar && tree.node(key).tag == Tag::Merge {
                    merge = Some(value);
                } else if let Some(name) = self.text(key_target, path)?
                    && names.insert(name.clone())
                {
                    entries.push((name, key, value));
                }
            }
            if let Some(merge) = merge {
                let merged = self.merged(merge, path)?;
                waiting.extend(merged.into_iter().rev().map(|id| (id, depth + 1)));
            }
        }
        Ok(entries)
    }

    /// The mappings that the value of a merge key stands for, in the order in which they count.
    fn merged(&mut self, value: Id, path: &Path<'_>) -> Result<Vec<Id>> {
        let merged = match self.tree.node(value).kind {
            NodeKind::List => self.tree.children(value).collect(),
            _ => vec![value],
        };
        match merged.iter().find(|id| self.tree.node(self.target(**id)).kind != NodeKind::Map) {
            Some(wrong) => Err(self.error(*wrong, path, "only mappings can be merged")),
            None => Ok(merged),
        }
    }

    /// Checks that no two keys are spelled alike.
    fn check_keys(&self, map: Id, path: &Path<'_>) -> Result<()> {
        let tree = self.tree;
        let mut seen = HashMap::new();
        for key in tree.children(map).step_by(2) {
            let node = tree.node(key);
            let text = match node.kind {
                NodeKind::Alias => Cow::Borrowed(node.span.of(&tree.text)),
                _ => tree.scalar_text(key),
            };
            if let Some(first) = seen.insert((node.kind, text), key) {
                let first = self.position(first);
                return Err(self.error(
                    key,
                    path,
                    format!("this key is already at {first}; remove one of the two"),
                ));
            }
        }
        Ok(())
    }

    fn warn_of_key(&mut self, key: Id, name: &[u8], path: &Path<'_>, names: &[&str]) {
        let name = String::from_utf8_lossy(name).into_owned();
        let meant = names.iter().find(|known| is_near(name.as_bytes(), known.as_bytes()));
        let hint = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        self.warn(key, &Path::Key(path, &name), format!("an unknown key, which is ignored{hint}"));
    }

    /// The text of a scalar, as it is spelled whatever its type; `None` for `null`.
    fn text(&mut self, id: Id, path: &Path<'_>) -> Result<Option<Cow<'t, [u8]>>> {
        let id = self.step(id, path)?;
        if self.tree.node(id).kind != NodeKind::Scalar {
            return Err(self.error(id, path, "expected a string"));
        }
        match self.tree.value(id) {
            Ok(Typed::Null) => Ok(None),
            Ok(Typed::Binary(bytes)) => Ok(Some(bytes.into())),
            Ok(_) => Ok(Some(self.tree.scalar_text(id))),
            Err(error) => Err(self.error_at(error.offset, path, error.problem)),
        }
    }

    /// A string; `None` if the node is `null`.
    ///
    /// # Errors
    /// The node is no scalar, or not UTF-8.
    pub(super) fn string(&mut self, id: Option<Id>, path: &Path<'_>) -> Result<Option<String>> {
        let Some(id) = id else { return Ok(None) };
        let text = self.text(id, path)?.map(Cow::into_owned);
        text.map(String::from_utf8).transpose().map_err(|_| self.error(id, path, "expected UTF-8"))
    }

    /// A whole number; `None` if the node is `null`. Fractions are cut off.
    ///
    /// # Errors
    /// The node is no number.
    pub(super) fn int(&mut self, id: Option<Id>, path: &Path<'_>) -> Result<Option<i64>> {
        let Some(id) = id else { return Ok(None) };
        match self.typed(id, path)? {
            Some(Typed::Null) => Ok(None),
            Some(Typed::Int(number)) => Ok(Some(number)),
            Some(Typed::Float(number)) if number.abs() < 9e18 => Ok(Some(number as i64)),
            _ => Err(self.error(id, path, "expected a whole number, without quotes")),
        }
    }

    /// A truth value; `None` if the node is `null`. The words of YAML 1.1 (`yes`, `off`) count as well.
    ///
    /// # Errors
    /// The node is no truth value.
    pub(super) fn bool(&mut self, id: Option<Id>, path: &Path<'_>) -> Result<Option<bool>> {
        let Some(id) = id else { return Ok(None) };
        let typed = self.typed(id, path)?;
        let word = match &typed {
            Some(Typed::Null) => return Ok(None),
            Some(Typed::Bool(truth)) => return Ok(Some(*truth)),
            Some(Typed::Str(word)) => word.as_ref(),
            Some(Typed::Binary(word)) => word,
            _ => b"",
        };
        match word {
            b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"on" | b"On" | b"ON" => Ok(Some(true)),
            b"n" | b"N" | b"no" | b"No" | b"NO" | b"off" | b"Off" | b"OFF" => Ok(Some(false)),
            _ => Err(self.error(id, path, "expected true or false, without quotes")),
        }
    }

    /// The value of a scalar; `None` for a collection.
    pub(super) fn typed(&mut self, id: Id, path: &Path<'_>) -> Result<Option<Typed<'t>>> {
        let id = self.step(id, path)?;
        if self.tree.node(id).kind != NodeKind::Scalar {
            return Ok(None);
        }
        let tree = self.tree;
        tree.value(id).map(Some).map_err(|error| self.error_at(error.offset, path, error.problem))
    }

    /// The elements of a list; `None` if the node is `null`.
    ///
    /// # Errors
    /// The node is no list.
    pub(super) fn list(&mut self, id: Option<Id>, path: &Path<'_>) -> Result<Option<Vec<Id>>> {
        let Some(id) = id else { return Ok(None) };
        let target = self.step(id, path)?;
        match self.tree.node(target).kind {
            NodeKind::List => Ok(Some(self.tree.children(target).collect())),
            _ if self.is_null(target) => Ok(None),
            _ => Err(self.error(id, path, "expected a list")),
        }
    }
}

/// Whether two names differ by so little that one is likely meant for the other: one letter more, less, or
/// another, `-` for `_`, the plural, capitals.
fn is_near(name: &[u8], known: &[u8]) -> bool {
    let plain = |name: &[u8]| -> Vec<u8> {
        name.iter().filter(|byte| !matches!(byte, b'-' | b'_' | b' ')).map(u8::to_ascii_lowercase).collect()
    };
    let (name, known) = (plain(name), plain(known));
    let same_start = name.iter().zip(&known).take_while(|(a, b)| a == b).count();
    let same_end = name.iter().rev().zip(known.iter().rev()).take_while(|(a, b)| a == b).count();
    let longest = name.len().max(known.len());
    longest > 3 && longest <= name.len().min(known.len()) + 1 && same_start + same_end + 1 >= longest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fields<const N: usize>(
        text: &str,
        names: [&'static str; N],
    ) -> std::result::Result<Vec<Option<String>>, String> {
        let tree = crate::yaml::parse(text.as_bytes()).unwrap();
        let root = tree.children(tree.documents[0]).next().unwrap();
        let mut decoder = Decoder::new(&tree);
        let path = Path::Root;
        let fields = decoder.fields(root, &path, names).map_err(|error| error.to_string())?;
        fields
            .map(|id| decoder.string(id, &path))
            .into_iter()
            .collect::<Result<_>>()
            .map_err(|error| error.to_string())
    }

    fn some(texts: &[&str]) -> std::result::Result<Vec<Option<String>>, String> {
        Ok(texts.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect())
    }

    #[test]
    fn scalars_become_strings_as_they_are_spelled() {
        let text = "a: 0x1F\nb: true\nc: 2020-01-01\nd: ~\ne: !!binary aGk=\nf: !x y";
        let names = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(fields(text, names), some(&["0x1F", "true", "2020-01-01", "", "hi", "y"]));
    }

    #[test]
    fn merge_keys_are_merged_and_the_first_counts() {
        let text = "x: &x {a: x, b: x, <<: {c: deep}}\ny: &y {b: y, d: y}\n<<: [*x, *y]\na: own\nd: ~\n";
        assert_eq!(fields(text, ["a", "b", "c", "d"]), some(&["own", "x", "deep", ""]));
        assert_eq!(fields("<<: 1", ["a"]), Err("1:5: only mappings can be merged".into()));
        assert_eq!(fields("<<: ~", ["a"]), Err("1:5: only mappings can be merged".into()));
        assert!(fields("&a {<<: *a}", ["a"]).unwrap_err().contains("merge themselves"));
        assert_eq!(fields("'<<': {a: 1}", ["a"]), some(&[""]), "in quotes it is a key like any other");
        assert_eq!(fields("!!str <<: {a: 1}", ["a"]), some(&[""]));
    }

    #[test]
    fn a_key_twice_is_an_error_whatever_its_type() {
        let error = Err("2:1: this key is already at 1:1; remove one of the two".to_owned());
        assert_eq!(fields("1: a\n'1': b", ["a"]), error);
        assert_eq!(fields("[a]: a\n[b]: b", ["a"]), error);
        assert_eq!(fields("<<: {}\n<<: {}", ["a"]), error);
    }

    #[test]
    fn aliases_of_aliases_come_to_an_end() {
        let mut text = String::from("a: &a {k: &k0 [x]");
        for level in 1..30 {
            text.push_str(&format!(", k{level}: &k{level} {{<<: [*a]}}"));
        }
        text.push('}');
        assert!(fields(&text, ["b"]).is_ok());
        let mut bomb = String::from("a0: &a0 {x: y}\n");
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} {{<<: [{below}]}}\n"));
        }
        bomb.push_str("<<: *a11\n");
        assert!(fields(&bomb, ["b"]).unwrap_err().contains("too large"));
    }

    #[test]
    fn near_names_are_recognised() {
        for (name, known) in [
            ("encrypted_regexp", "encrypted_regex"),
            ("creation-rules", "creation_rules"),
            ("creation_rule", "creation_rules"),
            ("path_rgex", "path_regex"),
            ("Path_Regex", "path_regex"),
            ("keygroups", "key_groups"),
        ] {
            assert!(is_near(name.as_bytes(), known.as_bytes()), "{name}");
        }
        for (name, known) in
            [("kms", "pgp"), ("age", "kms"), ("encrypted_suffix", "unencrypted_suffix"), ("x", "")]
        {
            assert!(!is_near(name.as_bytes(), known.as_bytes()), "{name}");
        }
    }
}
