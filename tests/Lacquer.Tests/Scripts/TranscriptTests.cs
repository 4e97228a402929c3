using System.Runtime.CompilerServices;
using Lacquer.Cli;
using Xunit;

namespace Lacquer.Tests.Scripts;

/// <summary>What the program says, word for word.</summary>
public sealed class TranscriptTests
{
    public static TheoryData<string> Names => new(Files().Select(f => Path.GetFileNameWithoutExtension(f)));

    [Theory]
    [MemberData(nameof(Names))]
    public Task It_says_what_the_transcript_says(string name) => Transcript.PlayAsync(Path.Combine(Folder(), name + ".txt"));

    [Fact]
    public void Every_command_has_a_transcript()
    {
        var all = string.Concat(Files().Select(File.ReadAllText));
        foreach (var verb in App.Verbs)
        {
            Assert.Contains($"$ lacquer {verb} --help\n", all, StringComparison.Ordinal);
            Assert.True(System.Text.RegularExpressions.Regex.IsMatch(all, $@"^\$ (\S+=\S+ )?lacquer {verb}(?! --help)\b", System.Text.RegularExpressions.RegexOptions.Multiline), $"no transcript runs lacquer {verb}");
        }
    }

    [Fact]
    public async Task Every_command_has_an_example_in_its_help()
    {
        foreach (var verb in App.Verbs)
        {
            var output = new StringWriter();
            Assert.Equal(0, await App.RunAsync([.. verb.Split(' '), "--help"], new Terminal(output, TextWriter.Null), TestContext.Current.CancellationToken));
            Assert.Contains($"  lacquer {verb}", output.ToString()[output.ToString().IndexOf("examples:", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(Folder(), "*.txt").Order(StringComparer.Ordinal);

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
