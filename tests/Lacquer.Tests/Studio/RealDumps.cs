using Xunit;

namespace Lacquer.Tests.Studio;

/// <summary>MusicBrainz dumps that were not made for a test: <c>LACQUER_MUSICBRAINZ=DIR</c> names a folder with all of artist, release and recording <c>.tar.xz</c>.</summary>
internal static class RealDumps
{
    /// <summary>The folder; skips the test, and says so, where none is named.</summary>
    public static string Folder
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("LACQUER_MUSICBRAINZ");
            if (!Directory.Exists(folder))
                Assert.Skip("LACQUER_MUSICBRAINZ names no folder of MusicBrainz dumps");
            Tools.Need("xz");
            return folder;
        }
    }
}
