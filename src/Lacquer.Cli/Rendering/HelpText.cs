using System.CommandLine;

namespace Lacquer.Cli.Rendering;

/// <summary>How a command is used, in the order in which one wants to know.</summary>
internal static class HelpText
{
    private const int Columns = 100;

    /// <summary>The words that call a command.</summary>
    public static string Words(Command root, Command command) =>
        command == root ? root.Name : $"{root.Name} {root.Verbs(includeGroups: true).First(v => v.Command == command).Words}";

    /// <summary>Every command with its words.</summary>
    public static IEnumerable<(string Words, Command Command)> Verbs(this Command root, bool includeGroups = false) => root.Subcommands.SelectMany(c =>
        (c is Verb || includeGroups ? new[] { (c.Name, c) } : []).Concat(c.Verbs(includeGroups).Select(v => ($"{c.Name} {v.Words}", v.Command))));

    /// <summary>Prints it.</summary>
    public static void Print(Command root, Command command, Terminal terminal)
    {
        var words = Words(root, command);
        var arguments = command.Arguments.Select(a => Placeholder(a)).ToList();
        terminal.Print($"usage: {words}{(command.Subcommands.Count > 0 ? " COMMAND" : "")}{string.Concat(arguments.Select(a => " " + a))} [options]");
        terminal.Print();
        foreach (var line in PlainText.Wrap(command.Description ?? "", Columns - 2))
            terminal.Print("  " + line);
        if (command.Aliases.Count > 0)
            terminal.Print($"  Also: {string.Join(", ", command.Aliases.Order(StringComparer.Ordinal))}");

        Section("commands:", command.Verbs().Select(v => (v.Words + string.Concat(v.Command.Arguments.Select(a => " " + Placeholder(a))), FirstSentence(v.Command.Description ?? ""))));
        Section("takes:", command.Arguments.Select(a => (Placeholder(a), a.Description ?? "")));
        Section("options:", command.Options.Concat(command == root ? [] : root.Options.Where(o => o.Recursive)).Where(o => !o.Hidden).Select(o => (Option(o), o.Description ?? "")));
        if (command is Verb verb)
        {
            terminal.Print();
            terminal.Print("examples:");
            foreach (var example in verb.Examples)
                terminal.Print("  " + example);
        }

        if (command == root)
        {
            terminal.Print();
            terminal.Print($"{words} COMMAND --help says more, with examples.");
        }

        void Section(string heading, IEnumerable<(string Name, string Text)> rows)
        {
            var all = rows.ToList();
            if (all.Count == 0)
                return;
            terminal.Print();
            terminal.Print(heading);
            var width = all.Max(r => PlainText.Columns(r.Name)) + 2;
            foreach (var (name, text) in all)
            {
                var first = true;
                foreach (var line in PlainText.Wrap(text, Columns - width - 2))
                {
                    terminal.Print("  " + (first ? name : "").PadRight(width) + line);
                    first = false;
                }
            }
        }
    }

    // A list is to be looked over; the rest stands in the command's own help.
    private static string FirstSentence(string text) => text.Split(". ")[0].Split(": ")[0].TrimEnd('.') + ".";

    private static string Placeholder(Argument argument)
    {
        var name = (argument.HelpName ?? argument.Name) + (argument.Arity.MaximumNumberOfValues > 1 ? "…" : "");
        return argument.Arity.MinimumNumberOfValues > 0 ? name : $"[{name}]";
    }

    private static string Option(Option option) =>
        string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Prepend(option.Name)) + (option.HelpName is { } value ? " " + value : "");
}
