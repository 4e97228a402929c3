using Lacquer.Cli.Rendering;

namespace Lacquer.Cli;

/// <summary>
/// Everything the program sees of whoever runs it: where it writes, how wide that is, the clock, the folder and the environment. What is printed goes through <see cref="PlainText.Clean"/>,
/// because titles come from strangers and a terminal obeys control characters.
/// </summary>
public sealed class Terminal(TextWriter output, TextWriter error)
{
    private readonly Lock _gate = new();

    /// <summary>Standard output: results.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Standard error: all else.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether somebody is watching standard error, so that a line may be rewritten.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of standard output; null where it is not a terminal, and nothing needs to be cut to fit.</summary>
    public int? Width { get; init; }

    /// <summary>Whether the output can show more than ASCII.</summary>
    public bool Unicode { get; init; } = true;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The folder that paths on the command line are relative to.</summary>
    public string Folder { get; init; } = "/";

    /// <summary>Looks up an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>An absolute path for one on the command line.</summary>
    public string PathOf(string path) => Path.GetFullPath(path, Folder);

    /// <summary>Prints a line of the result.</summary>
    public void Print(string line = "")
    {
        lock (_gate)
            Output.WriteLine(Show(line));
    }

    /// <summary>Prints a result as one JSON document. JSON escapes control characters itself.</summary>
    public void PrintJson(object result)
    {
        lock (_gate)
            Output.WriteLine(JsonText.Of(result));
    }

    /// <summary>Prints a part of such a document as it is.</summary>
    internal void PrintJsonPart(string json)
    {
        lock (_gate)
            Output.WriteLine(json);
    }

    /// <summary>Empties the screen before what is printed next, where standard output is one.</summary>
    public void ClearScreen()
    {
        // Home, and erase from there (ECMA-48, CUP and ED).
        if (Width is not null)
            lock (_gate)
                Output.Write("\x1b[H\x1b[J");
    }

    /// <summary>Says something to whoever runs the program, beside the result.</summary>
    public void Say(string message) => WriteError("lacquer: " + message);

    /// <summary>Whether <see cref="Hint"/> says anything.</summary>
    public bool Hints { get; init; } = true;

    /// <summary>Says what to do next.</summary>
    public void Hint(string message)
    {
        if (Hints)
            WriteError("hint: " + message);
    }

    /// <summary>The same terminal for a command that another runs: what to do next is not for the reader to decide.</summary>
    public Terminal WithoutHints() => new(Output, Error)
    {
        ErrorIsTerminal = ErrorIsTerminal,
        Width = Width,
        Unicode = Unicode,
        Clock = Clock,
        Folder = Folder,
        Variable = Variable,
        Hints = false,
    };

    /// <summary>Writes a line without a prefix to standard error.</summary>
    public void WriteError(string line)
    {
        lock (_gate)
            Error.WriteLine(Show(line));
    }

    /// <summary>Rewrites the line that the cursor stands on; an empty one wipes it.</summary>
    internal void RewriteLine(string line, int wipe)
    {
        lock (_gate)
        {
            Error.Write("\r" + new string(' ', wipe) + "\r" + Show(line));
            Error.Flush();
        }
    }

    private string Show(string line) => Unicode ? PlainText.Clean(line) : PlainText.Ascii(PlainText.Clean(line));
}
