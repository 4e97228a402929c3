using System.CommandLine;
using System.CommandLine.Parsing;
using Lacquer.Cli.Commands;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Findings;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli;

/// <summary>The whole program below Main.</summary>
public static class App
{
    private const string Name = "lacquer";

    /// <summary>The commands by their words, as in <c>harvest folder</c>.</summary>
    public static IReadOnlyList<string> Verbs => Root().Verbs().Select(v => v.Words).ToList();

    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken stop)
    {
        try
        {
            return await DispatchAsync(args, terminal, stop).ConfigureAwait(false);
        }
        catch (LacquerException e)
        {
            return Fail(terminal, (int)e.Failure, e.Message, e.Hint);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Fail(terminal, ExitCode.Interrupted, "interrupted", "run it again: it carries on");
        }
        catch (Exception e) when (Durable.IsDiskFull(e))
        {
            return Fail(terminal, (int)Failure.NoSpace, "the disk is full: " + e.Message.ReplaceLineEndings(" "), "free some space and run the command again: it carries on");
        }
        catch (UnauthorizedAccessException e)
        {
            return Fail(terminal, ExitCode.Missing, "no permission: " + e.Message.ReplaceLineEndings(" "), "run it as a user who may, or change who owns the file");
        }
        catch (Exception e)
        {
            terminal.Say("this is a defect of lacquer; please report it with these lines");
            foreach (var line in e.ToString().Split('\n'))
                terminal.WriteError(line.TrimEnd('\r'));
            return ExitCode.Defect;
        }
    }

    private static async Task<int> DispatchAsync(string[] args, Terminal terminal, CancellationToken stop)
    {
        var root = Root();
        // A word is what it looks like: no bundling of short options, no files of arguments.
        var line = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        var command = line.CommandResult.Command;
        var words = HelpText.Words(root, command);
        var known = command.Options.Concat(root.Options.Where(o => o.Recursive)).SelectMany(o => o.Aliases.Prepend(o.Name)).ToList();
        // The parser takes an option it does not know for an argument, or for the value of the option before it.
        foreach (var word in args.TakeWhile(a => a != "--").Where(a => a.Length > 1 && a[0] == '-'))
            if (word.Split('=', ':')[0] is var option && !known.Contains(option))
                return Fail(terminal, ExitCode.Usage, $"{words} has no option {option}", Guess(option, known) is { } meant ? $"did you mean {meant}?" : $"{words} --help lists them");

        if (line.GetValue<bool>("--help"))
        {
            HelpText.Print(root, command, terminal);
            return ExitCode.Done;
        }

        if (command == root && line.GetValue<bool>("--version"))
        {
            terminal.Print(Agent.Name.Replace('/', ' '));
            return ExitCode.Done;
        }

        if (command is not Verb verb)
        {
            if (line.UnmatchedTokens is [var word, ..])
                return Fail(terminal, ExitCode.Usage, command == root ? $"there is no command '{word}'" : $"{words} has no '{word}'",
                    Guess(word, command.Subcommands.SelectMany(c => c.Aliases.Prepend(c.Name))) is { } meant ? $"did you mean {words} {meant}?" : $"{words} --help lists what there is");
            if (command == root)
            {
                HelpText.Print(root, command, terminal);
                return ExitCode.Done;
            }

            return Fail(terminal, ExitCode.Usage, $"{words} needs one of: {string.Join(", ", command.Subcommands.Select(c => c.Name))}", $"{words} --help");
        }

        if (line.Errors is [var error, ..])
            return Fail(terminal, ExitCode.Usage, Sentence(line, error), $"{words} --help says how it is used");
        return await verb.RunAsync(line, terminal, stop).ConfigureAwait(false);
    }

    private static Command Root()
    {
        var root = new Command(Name, "Keeps recorded music from disappearing: catalogues it, archives what may be kept, publishes what may be shared.")
        {
            new InitCommand(), new HarvestCommand(), new CatalogueCommand(), new PlanCommand(), new IngestCommand(), new JobsCommand(), new PressCommand(), new PublishCommand(), new WithdrawCommand(), new KeyCommand(),
            new MirrorCommand(), new UpdateCommand(), new VerifyCommand(), new RightsCommand(), new ServeCommand(),
            new SearchCommand(), new ShowCommand(), new ShuffleCommand(), new ReportCommand(), new QualityCommand(), new CompareCommand(), new ExportCommand(), new TorrentCommand(), new StatusCommand(), new RestoreCommand(), new DemoCommand(),
        };
        root.Options.Add(new Option<bool>("--help", "-h", "-?") { Description = "Say how a command is used.", Recursive = true });
        root.Options.Add(new Option<bool>("--version") { Description = "Say which version this is." });
        return root;
    }

    private static int Fail(Terminal terminal, int code, string message, string? hint)
    {
        terminal.Say(message);
        if (hint is not null)
            terminal.WriteError("hint: " + hint);
        return code;
    }

    // The parser's own sentences begin with a capital and end with a full stop.
    private static string Sentence(ParseResult line, ParseError error)
    {
        if (line.UnmatchedTokens is [var word, ..])
            return $"'{word}' is one word too many";
        if (error.SymbolResult is CommandResult && line.CommandResult.Command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0 && line.GetResult(a) is not { Tokens.Count: > 0 }) is { } missing)
            return $"{missing.HelpName ?? missing.Name} is missing";
        if (error.SymbolResult is ArgumentResult { Tokens.Count: 0, Argument: { } argument })
            return $"{argument.HelpName ?? argument.Name} is missing";
        if (error.SymbolResult is OptionResult { IdentifierTokenCount: > 1, Option.Arity.MaximumNumberOfValues: 1 } twice)
            return $"{twice.Option.Name} is given twice";
        if (error.SymbolResult is OptionResult { Tokens.Count: 0, Implicit: false } bare)
            return $"{bare.Option.Name} needs a value: {bare.Option.HelpName}";
        if (line.CommandResult.Command.Options.FirstOrDefault(o => o.Required && line.GetResult(o) is null or { Implicit: true }) is { } needed)
            return $"{needed.Name} {needed.HelpName} is missing";
        var text = error.Message.ReplaceLineEndings(" ").TrimEnd('.');
        return text.Length > 1 && char.IsUpper(text[0]) && !char.IsUpper(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }

    private static string? Guess(string typed, IEnumerable<string> known) =>
        known.Select(k => (Word: k, Distance: Distance(typed, k))).Where(k => k.Distance <= Math.Max(1, k.Word.Length / 3)).OrderBy(k => k.Distance).Select(k => k.Word).FirstOrDefault();

    // Levenshtein's: letters to add, remove or replace.
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
