//! Manual pages and completions: what is printed for a user's system. Needs no privilege.

use std::process::{Command, Output};

fn windrow(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windrow"))
        .args(arguments)
        .output()
        .expect("run")
}

fn stdout(arguments: &[&str]) -> String {
    let output = windrow(arguments);
    assert!(output.status.success(), "{arguments:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The commands that there are, by the help of windrow itself.
fn commands() -> Vec<String> {
    let help = stdout(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // What is described in several lines goes on further to the right.
    let names = listed.filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names: Vec<String> = names
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect();
    assert!(names.len() >= 3, "{help}");
    names
}

/// The options of a help, as they are typed: `--window`.
fn options(help: &str) -> Vec<String> {
    let lines = help.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.starts_with('-'));
    let long = |line: &str| {
        let words = line.split([' ', ',']);
        let mut long = words.filter(|word| word.starts_with("--"));
        long.next().map(str::to_owned)
    };
    lines.filter_map(long).collect()
}

/// Command lines that a help shows.
fn examples(help: &str) -> Vec<String> {
    let shown = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let shown = shown.take_while(|line| !line.is_empty());
    shown
        .filter_map(|line| line.trim().split("   ").next().map(str::to_owned))
        .collect()
}

/// The words behind `windrow` in a command line.
fn behind(example: &str) -> impl Iterator<Item = &str> {
    let words = example.split_whitespace();
    words.skip_while(|word| *word != "windrow").skip(1)
}

/// What the completions of a shell hold for one command.
fn section(shell: &str, script: &str, command: &str) -> String {
    let lines = script.lines().map(str::trim);
    let (begin, end) = match shell {
        "bash" => (format!("windrow__subcmd__{command})"), "if "),
        "elvish" => (format!("&'windrow;{command}'= {{"), "}"),
        "powershell" => (format!("'windrow;{command}' {{"), "}"),
        "zsh" => (format!("({command})"), ";;"),
        // Each line says which command it is for.
        "fish" => {
            let own = format!("__fish_windrow_using_subcommand {command}\"");
            let lines: Vec<&str> = lines.filter(|line| line.contains(&own)).collect();
            return lines.join("\n");
        }
        _ => panic!("{shell}"),
    };
    let inside = lines.skip_while(|line| *line != begin).skip(1);
    let inside: Vec<&str> = inside.take_while(|line| !line.starts_with(end)).collect();
    inside.join("\n")
}

/// Whether completions offer a command, or an option (`--window`): descriptions may name it too.
fn offers(shell: &str, completions: &str, word: &str) -> bool {
    let forms = match (shell, word.strip_prefix("--")) {
        ("bash", _) => vec![format!(" {word} "), format!(" {word}\"")],
        ("elvish", _) => vec![format!("cand {word} '")],
        ("powershell", _) => vec![format!("new('{word}', ")],
        ("fish", Some(name)) => vec![format!(" -l {name} ")],
        ("fish", None) => vec![format!(" -a \"{word}\" ")],
        ("zsh", Some(_)) => vec![format!("{word}["), format!("{word}=[")],
        ("zsh", None) => vec![format!("'{word}:")],
        _ => panic!("{shell}"),
    };
    forms.iter().any(|form| completions.contains(form))
}

#[test]
fn every_help_has_examples_that_are_command_lines_of_it() {
    let text = stdout(&["--help"]);
    assert!(!cfg!(feature = "kernel") || !examples(&text).is_empty());
    let commands = commands();
    for example in examples(&text) {
        let command = behind(&example).next().expect("a command");
        assert!(commands.iter().any(|one| one == command), "{example}");
    }
    for command in commands {
        let help = stdout(&[&command, "--help"]);
        let examples = examples(&help);
        assert!(!examples.is_empty(), "{help}");
        let options = options(&help);
        assert!(options.contains(&"--help".to_owned()), "{help}");
        for example in examples {
            let mut behind = behind(&example);
            assert_eq!(behind.next(), Some(&command[..]), "{example}");
            let ours = behind.take_while(|word| *word != "--");
            for word in ours.filter(|word| word.starts_with("--")) {
                assert!(options.iter().any(|option| option == word), "{example}");
            }
        }
    }
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["replay", "--help"],
        &["man"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = Command::new(env!("CARGO_BIN_EXE_windrow"));
        let command = command.args(arguments).stdout(full.expect("/dev/full"));
        let output = command.output().expect("run");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(
            error.starts_with("windrow: writing the output: "),
            "{error}"
        );
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn every_command_has_a_page_with_its_options_and_examples() {
    let all = stdout(&["man"]);
    assert!(all.contains(".TH windrow 1"), "{all}");
    for command in commands() {
        assert!(all.contains(&format!("windrow\\-{command}(1)")), "{all}");
        let page = stdout(&["man", &command]);
        let help = stdout(&[&command, "--help"]);
        assert!(page.contains(&format!(".TH windrow-{command} 1")), "{page}");
        let escaped = |text: &str| page.contains(&text.replace('-', "\\-"));
        for option in options(&help) {
            assert!(escaped(&option), "{option} is not in {page}");
        }
        assert!(escaped("Examples:"), "{page}");
        for example in examples(&help) {
            assert!(
                escaped(&example.replace('\\', "\\e").replace('\'', "\\*(Aq")),
                "{example} is not in {page}"
            );
        }
    }
    let output = windrow(&["man", "reply"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("reply") && error.contains("replay"),
        "{error}"
    );
}

#[test]
fn every_shell_can_complete_all_commands_and_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&["completions", shell]);
        for command in commands() {
            assert!(offers(shell, &script, &command), "{command} for {shell}");
            let own = section(shell, &script, &command);
            for option in options(&stdout(&[&command, "--help"])) {
                let offered = offers(shell, &own, &option);
                assert!(offered, "{command} {option} for {shell}: {own}");
            }
        }
    }
    let output = windrow(&["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("bash") && error.contains("zsh"), "{error}");
}
