using System.Text;
using System.Text.RegularExpressions;
using Lacquer.Cli;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Scripts;

/// <summary>
/// A transcript: <c>$ lacquer …</c>, then exactly what it says on standard output, <c>! </c> before standard error, <c>[13]</c> for an exit code other than 0. <c># </c> begins a remark.
/// <c>$ music DIR</c> puts the studio's small folder of music there, <c>$ dump FILE ENTITY</c> makes the lines of FILE, a MusicBrainz dump of that entity, into FILE.tar.xz. Files that stand there from the start follow behind, each under <c>-- name --</c>. <c>[ROOT]</c> is the folder,
/// <c>[..]</c> anything within a line. With LACQUER_BLESS=1 the file is written anew from what was said.
/// </summary>
internal static partial class Transcript
{
    public static async Task PlayAsync(string path)
    {
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var (script, files) = Split(text);
        using var scratch = new Scratch();
        var folder = Directory.CreateDirectory(scratch["work"]).FullName;
        foreach (var (name, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            await File.WriteAllTextAsync(Path.Combine(folder, name), content, TestContext.Current.CancellationToken);
        }

        var said = new StringBuilder();
        for (var i = 0; i < script.Count;)
        {
            if (!script[i].StartsWith("$ ", StringComparison.Ordinal))
            {
                // Remarks and blank lines between commands.
                Assert.True(script[i].Length == 0 || script[i].StartsWith("# ", StringComparison.Ordinal), $"{path}: not a command: {script[i]}");
                said.Append(script[i++]).Append('\n');
                continue;
            }

            var command = script[i++];
            var expected = new List<string>();
            while (i < script.Count && !script[i].StartsWith("$ ", StringComparison.Ordinal) && !script[i].StartsWith("# ", StringComparison.Ordinal))
                expected.Add(script[i++]);
            var blanks = expected.AsEnumerable().Reverse().TakeWhile(l => l.Length == 0).Count();
            expected.RemoveRange(expected.Count - blanks, blanks);
            said.Append(command).Append('\n');
            foreach (var line in (await RunAsync(command[2..], folder)).Select((line, at) => (line, at)))
                said.Append(line.at < expected.Count && Matches(expected[line.at], line.line) ? expected[line.at] : line.line).Append('\n');
            said.Append('\n', blanks);
        }

        var actual = said.ToString().TrimEnd('\n') + "\n" + string.Concat(files.Select(f => $"\n-- {f.Name} --\n{f.Content}"));
        if (Environment.GetEnvironmentVariable("LACQUER_BLESS") == "1" && actual != text)
            await File.WriteAllTextAsync(path, actual, TestContext.Current.CancellationToken);
        else
            Assert.Equal(text, actual);
    }

    private static async Task<IEnumerable<string>> RunAsync(string command, string folder)
    {
        var words = Word().Matches(command).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Success ? m.Groups[2].Value : m.Value).ToList();
        var variables = words.TakeWhile(w => w.Contains('=', StringComparison.Ordinal)).Select(w => w.Split('=', 2)).ToDictionary(p => p[0], p => p[1].Replace("[ROOT]", folder, StringComparison.Ordinal));
        words.RemoveRange(0, variables.Count);
        if (words[0] == "music")
        {
            Music.CopyTo(Path.Combine(folder, words[1]));
            return [];
        }

        if (words[0] == "dump")
        {
            Dump.Write(Path.Combine(folder, words[1] + ".tar.xz"), words[2], await File.ReadAllLinesAsync(Path.Combine(folder, words[1])));
            return [];
        }

        Assert.Equal("lacquer", words[0]);
        var output = new StringWriter { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, error) { Clock = new ManualClock(), Folder = folder, Variable = name => variables.GetValueOrDefault(name) };
        var code = await App.RunAsync(words.Skip(1).Select(w => w.Replace("[ROOT]", folder, StringComparison.Ordinal)).ToArray(), terminal, TestContext.Current.CancellationToken);
        return Lines(output).Concat(Lines(error).Select(l => "! " + l)).Concat(code == 0 ? [] : new[] { $"[{code}]" }).Select(l => l.Replace(folder, "[ROOT]", StringComparison.Ordinal));
    }

    private static string[] Lines(StringWriter writer) => writer.ToString() is { Length: > 0 } text ? text.TrimEnd('\n').Split('\n') : [];

    private static bool Matches(string pattern, string line) => Regex.IsMatch(line, "^" + Regex.Escape(pattern).Replace(@"\[\.\.]", ".*", StringComparison.Ordinal) + "$");

    private static (List<string> Script, List<(string Name, string Content)> Files) Split(string text)
    {
        var script = new List<string>();
        var files = new List<(string Name, string Content)>();
        foreach (var line in text.TrimEnd('\n').Split('\n'))
            if (FileLine().Match(line) is { Success: true } match) files.Add((match.Groups[1].Value, ""));
            else if (files.Count == 0) script.Add(line);
            else files[^1] = (files[^1].Name, files[^1].Content + line + "\n");
        while (script.Count > 0 && script[^1].Length == 0)
            script.RemoveAt(script.Count - 1);
        for (var i = 0; i < files.Count - 1; i++)
            files[i] = (files[i].Name, files[i].Content.TrimEnd('\n') + "\n");
        return (script, files);
    }

    [GeneratedRegex("""'([^']*)'|"([^"]*)"|[^\s'"]+""")]
    private static partial Regex Word();

    [GeneratedRegex("^-- (.+) --$")]
    private static partial Regex FileLine();
}
