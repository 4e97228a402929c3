using System.CommandLine;
using Lacquer.Cli.Rendering;
using Lacquer.Formats.Findings;

namespace Lacquer.Cli;

/// <summary>A command that does something: reads the line into a request, has the stage carry it out, prints the report.</summary>
internal abstract class Verb : Command
{
    private const int MostFindings = 10;

    private readonly Option<string?> _archive = new("--archive") { Description = "The archive's folder; otherwise LACQUER_ARCHIVE, otherwise the current folder.", HelpName = "DIR" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    protected Verb(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        Options.Add(_archive);
        Options.Add(_json);
    }

    /// <summary>Whole command lines.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Carries the command out.</summary>
    /// <returns>The exit code.</returns>
    public abstract Task<int> RunAsync(ParseResult line, Terminal terminal, CancellationToken stop);

    /// <summary>Adds options before those that every command has.</summary>
    protected void Take(params ReadOnlySpan<Option> options)
    {
        for (var i = 0; i < options.Length; i++)
            Options.Insert(i, options[i]);
    }

    /// <summary>For commands that need no archive.</summary>
    protected void WithoutArchive() => Options.Remove(_archive);

    protected string Archive(ParseResult line, Terminal terminal) =>
        terminal.PathOf(line.GetValue(_archive) ?? (terminal.Variable("LACQUER_ARCHIVE") is { Length: > 0 } folder ? folder : "."));

    protected bool IsJson(ParseResult line) => line.GetValue(_json);

    /// <summary>Prints the result as JSON if that was asked for, else as lines.</summary>
    protected void Print(ParseResult line, Terminal terminal, object result, Action lines)
    {
        if (IsJson(line)) terminal.PrintJson(result);
        else lines();
    }

    /// <summary>Says what was set aside, and gives the exit code.</summary>
    protected static int End(Terminal terminal, IReadOnlyList<Finding> findings)
    {
        if (findings.Count == 0)
            return ExitCode.Done;
        terminal.Say($"{Figures.Of(findings.Count, "finding", "findings")}:");
        foreach (var finding in findings.Take(MostFindings))
            terminal.WriteError($"  {finding.Subject}: {finding.Message} ({finding.Kind})");
        if (findings.Count > MostFindings)
            terminal.WriteError($"  and {Figures.Count(findings.Count - MostFindings)} more");
        terminal.Hint("lacquer status lists all that is set aside");
        return ExitCode.Findings;
    }

    /// <summary>An option that takes a size.</summary>
    protected static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (Figures.TryParseBytes(result.Tokens[0].Value, out var bytes))
                return bytes;
            result.AddError($"'{result.Tokens[0].Value}' is not a size, such as 500MB, 4TB or 1.5GiB");
            return null;
        },
    };

    /// <summary>An option that takes a whole number in a range.</summary>
    protected static Option<int> Whole(string name, string description, int value, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
                return number;
            result.AddError(FormattableString.Invariant($"{name} takes a whole number from {least} to {most}, not '{result.Tokens[0].Value}'"));
            return value;
        },
    };
}
