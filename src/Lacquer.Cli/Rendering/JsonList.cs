namespace Lacquer.Cli.Rendering;

/// <summary>A report with a list before it that may be longer than memory: one JSON document, printed as its parts are found.</summary>
internal sealed class JsonList
{
    private readonly Terminal _terminal;
    private string? _before;

    /// <summary>Begins the document.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="name">The list's name.</param>
    public JsonList(Terminal terminal, string name)
    {
        _terminal = terminal;
        terminal.Print($"{{\"{name}\": [");
    }

    /// <summary>Prints a member of the list.</summary>
    public void Add(object member)
    {
        if (_before is not null)
            _terminal.PrintJsonPart(_before + ",");
        _before = JsonText.Of(member);
    }

    /// <summary>Ends the list and the document.</summary>
    public void End(object report)
    {
        if (_before is not null)
            _terminal.PrintJsonPart(_before);
        _terminal.Print("], \"report\":");
        _terminal.PrintJson(report);
        _terminal.Print("}");
    }
}
